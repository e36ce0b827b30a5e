using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Sleep;

/// <summary>The same on Podman.</summary>
public sealed class PodmanSleepTests(PodmanEngine engine) : SleepTest(engine)
{
    [Fact(Timeout = 300_000)]
    public async Task It_falls_asleep_and_is_started_by_a_request()
    {
        var (daemon, peer) = (StartAllowing(), await PeerAsync());
        var container = await RunSleepyAsync(Web);

        for (var time = 0; time < 2; time++)
        {
            await AsleepAsync(daemon, Web);
            Assert.Equal($"Hello from {container.HostName}", await GetAsync(peer, Web));
        }
    }
}
