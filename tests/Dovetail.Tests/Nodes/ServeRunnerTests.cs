using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;
using Dovetail.Tests.Nodes.Decisions;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Nodes;

public sealed class ServeRunnerTests : IAsyncDisposable
{
    private static readonly ServeTarget Target = new(NodeFactsBuilder.Ports, "web.tailtest.ts.net");

    private readonly NodeBench _bench = new();
    private readonly DaemonSession _session;
    private readonly ServeRunner _runner;

    public ServeRunnerTests()
    {
        _session = _bench.Session(TestContext.Current.CancellationToken);
        _runner = new ServeRunner(_bench.Dependencies, _bench.Api, _bench.Facts);
    }

    [Fact]
    public async Task What_tailscaled_took_is_known_and_the_status_is_asked_for_at_once()
    {
        var watching = _session.WatchAsync(TimeSpan.FromSeconds(15));
        await TestClock.UntilAsync(() => _bench.Clock.Waits(new NodeTimingOptions().FastPoll));
        var polls = _bench.Api.Polls;

        await _runner.RunAsync(Target, _session, _session.Ended);

        Assert.Equal(new ServeFacts { Applied = Target }, _bench.Facts.Current.Serve);
        Assert.Equal(["443", "80"], Assert.Single(_bench.Api.ServeConfigs).Tcp.Keys.Order(StringComparer.Ordinal));
        await TestClock.UntilAsync(() => _bench.Api.Polls > polls);
        Assert.False(watching.IsCompleted);
    }

    [Fact]
    public async Task A_refusal_is_remembered_with_its_reason_and_tried_again_soon()
    {
        _bench.Api.ServeRefusals.Enqueue(FakeLocalApi.Refusal("netMap is nil"));
        var before = new ServeTarget(NodeFactsBuilder.Ports, null);
        _bench.Facts.Change(known => known with { Serve = new ServeFacts { Applied = before } });

        await _runner.RunAsync(Target, _session, _session.Ended);

        var retryAt = _bench.Clock.Now + new NodeTimingOptions().RetryMin;
        Assert.Equal(new ServeFacts { Applied = before, Error = "netMap is nil", RetryAt = retryAt }, _bench.Facts.Current.Serve);
        await _runner.RunAsync(Target, _session, _session.Ended);
        Assert.Equal(new ServeFacts { Applied = Target }, _bench.Facts.Current.Serve);
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        _bench.Dispose();
    }
}
