using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Nodes;

public sealed class DaemonSessionTests : IAsyncDisposable
{
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(15);

    private readonly NodeBench _bench = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly DaemonSession _session;

    public DaemonSessionTests() => _session = _bench.Session(_stopping.Token);

    [Fact]
    public async Task The_same_activity_runs_once_at_a_time()
    {
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var runs = 0;
        Task Work(CancellationToken ended)
        {
            Interlocked.Increment(ref runs);
            return first.Task;
        }

        _session.TryStart(Activity.Serve, Work);
        _session.TryStart(Activity.Serve, Work);
        await TestClock.UntilAsync(() => Volatile.Read(ref runs) > 0);
        Assert.Equal(1, Volatile.Read(ref runs));
        first.SetResult();
        await TestClock.UntilAsync(() => !_bench.Facts.Current.Does(Activity.Serve));

        _session.TryStart(Activity.Serve, Work);

        await TestClock.UntilAsync(() => Volatile.Read(ref runs) == 2);
    }

    [Fact]
    public async Task Different_activities_run_beside_each_other()
    {
        TaskCompletionSource never = new();
        _session.TryStart(Activity.Certificate, ended => never.Task.WaitAsync(ended));
        var ran = new TaskCompletionSource();

        _session.TryStart(Activity.Serve, _ =>
        {
            ran.SetResult();
            return Task.CompletedTask;
        });

        await ran.Task;
        Assert.True(_bench.Facts.Current.Does(Activity.Certificate));
    }

    [Fact]
    public async Task An_activity_is_noted_before_it_begins_and_until_it_has_ended()
    {
        TaskCompletionSource<bool> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        _session.TryStart(Activity.Up, _ =>
        {
            seen.SetResult(_bench.Facts.Current.Does(Activity.Up));
            return Task.CompletedTask;
        });

        Assert.True(await seen.Task);
        await TestClock.UntilAsync(() => !_bench.Facts.Current.Does(Activity.Up));
    }

    [Fact]
    public async Task A_bug_in_an_activity_clears_it_and_ends_the_session_with_the_reason()
    {
        var watching = _session.WatchAsync(HangLimit);

        _session.TryStart(Activity.Serve, static _ => throw new InvalidOperationException("boom"));

        Assert.Equal(SessionEnd.Failure("was replaced after an error in Dovetail: boom"), await watching);
        await TestClock.UntilAsync(() => !_bench.Facts.Current.Does(Activity.Serve));
        Assert.Contains(_bench.LogLines, line => line == "web: this is a bug in Dovetail; the node starts anew");
    }

    [Fact]
    public async Task Nothing_starts_once_the_work_has_been_ended()
    {
        await _session.EndWorkAsync();

        _session.TryStart(Activity.Serve, static _ => throw new InvalidOperationException("started"));

        Assert.Empty(_bench.Facts.Current.Activities);
        Assert.False(_bench.Tailscaled.Last.Exited.IsCompleted);
    }

    [Fact]
    public void Nothing_starts_once_the_session_has_been_ended()
    {
        _session.End(SessionEnd.OnRequest);

        _session.TryStart(Activity.StopRetries, static _ => throw new InvalidOperationException("started"));

        Assert.Empty(_bench.Facts.Current.Activities);
    }

    [Fact]
    public async Task Work_that_ignores_its_cancellation_for_a_moment_is_waited_for()
    {
        TaskCompletionSource cleanUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _session.TryStart(Activity.Up, async ended =>
        {
            await Task.Delay(Timeout.Infinite, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancelled.SetResult();
            await cleanUp.Task;
        });

        var ending = _session.EndWorkAsync();
        await cancelled.Task;
        Assert.False(ending.IsCompleted);
        Assert.True(_bench.Facts.Current.Does(Activity.Up));
        cleanUp.SetResult();

        await ending;
        Assert.False(_bench.Facts.Current.Does(Activity.Up));
    }

    [Fact]
    public async Task The_work_ends_before_tailscaled_does()
    {
        var session = _bench.Session(_stopping.Token);
        session.TryStart(Activity.Up, async ended =>
        {
            await Task.Delay(Timeout.Infinite, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _bench.Journal.Add("work ended");
        });

        await session.DisposeAsync();

        _bench.Journal.AssertOrder("work ended", "tailscaled 2: ending");
    }

    [Fact]
    public async Task The_first_reason_to_end_counts()
    {
        var watching = _session.WatchAsync(HangLimit);
        _session.End(SessionEnd.Failure("was cut off by the control server"));
        _session.End(SessionEnd.OnRequest);

        Assert.Equal(SessionEnd.Failure("was cut off by the control server"), await watching);
    }

    [Fact]
    public async Task A_session_can_end_before_its_tailscaled_has_opened_its_socket()
    {
        _bench.Tailscaled.Started = static _ => { };
        await using var session = _bench.Session(_stopping.Token);
        var watching = session.WatchAsync(HangLimit);
        Assert.False(watching.IsCompleted);

        session.End(SessionEnd.OnRequest);

        Assert.Equal(SessionEnd.OnRequest, await watching);
    }

    [Fact]
    public async Task A_node_that_stops_ends_work_and_watch_and_leaves_tailscaled_running()
    {
        var watching = _session.WatchAsync(HangLimit);

        await _stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
        await _session.EndWorkAsync();
        Assert.False(_bench.Tailscaled.Last.Exited.IsCompleted);
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        _stopping.Dispose();
        _bench.Dispose();
    }
}
