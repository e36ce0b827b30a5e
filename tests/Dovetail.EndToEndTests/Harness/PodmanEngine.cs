namespace Dovetail.EndToEndTests.Harness;

/// <summary>Podman by its Engine API, used with Docker's client as its users do. One for all tests.</summary>
public sealed class PodmanEngine : Engine
{
    internal override string Host
    {
        get
        {
            Assert.SkipWhen(
                TestSettings.PodmanHost is null,
                "DOVETAIL_TEST_PODMAN_HOST is not set: tests/run sets it where it finds Podman, or as root on Debian can install it.");
            return TestSettings.PodmanHost!;
        }
    }

    /// <summary>Runs Podman's own client, for what Docker's cannot do.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds all it said.</exception>
    internal async Task<CommandResult> PodmanAsync(IEnumerable<string> arguments, CancellationToken cancellation) =>
        (await Command.RunAsync("podman", ["--url", Host, .. arguments], cancellation: cancellation)).MustSucceed();
}
