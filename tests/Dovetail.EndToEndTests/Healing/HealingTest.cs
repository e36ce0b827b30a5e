using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>
/// A fault, what the status says of it, and how the node heals. Each test has a service of its own in a Dovetail that is never restarted.
/// Comments name the recording of each condition (tests/FakeTailscale.Tests/Recordings), or say what was recorded.
/// </summary>
public abstract class HealingTest(HealingFixture fixture) : IAsyncLifetime
{
    internal HealingFixture Fixture => fixture;

    internal ControlServer Control => fixture.Control;

    internal DovetailDaemon Daemon => fixture.Daemon;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Releases.IsPlayed(fixture.PlayedRelease), $"The binaries are of {Releases.OfBinaries}.");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await fixture.MendAsync();
        GC.SuppressFinalize(this);
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(Daemon.Log);
        }

        await fixture.AssertOthersUntouchedAsync();
    }
}
