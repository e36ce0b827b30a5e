using Dovetail.EndToEndTests.Harness;
using FakeTailscale.Control;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>
/// A fault, what the status says of it, and how the node heals. Each test has a service of its own in a Dovetail that is never restarted.
/// Comments name the recording of each condition (tests/FakeTailscale.Tests/Recordings), or say what was recorded.
/// </summary>
public abstract class HealingTest(HealingFixture fixture) : IClassFixture<HealingFixture>, IAsyncLifetime
{
    internal HealingFixture Fixture => fixture;

    internal TestControlServer Control => fixture.ControlServer;

    internal DovetailDaemon Daemon => fixture.Daemon;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        fixture.Mend();
        GC.SuppressFinalize(this);
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(Daemon.Log);
        }

        await fixture.AssertOthersUntouchedAsync();
    }
}
