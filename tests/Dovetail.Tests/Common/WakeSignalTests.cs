using Dovetail.Common;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Common;

public sealed class WakeSignalTests
{
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(15);

    private readonly TestClock _clock = new();
    private readonly WakeSignal _signal;

    public WakeSignalTests() => _signal = new WakeSignal(_clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_signal_wakes_the_waiter()
    {
        var waiting = _signal.WaitAsync(AtMost, Cancellation);
        Assert.False(waiting.IsCompleted);

        _signal.Set();

        await waiting;
    }

    [Fact]
    public async Task Any_number_of_signals_before_a_wait_make_for_one_wake_up()
    {
        _signal.Set();
        _signal.Set();

        await _signal.WaitAsync(AtMost, Cancellation);

        Assert.False(_signal.WaitAsync(AtMost, Cancellation).IsCompleted);
    }

    [Fact]
    public async Task Without_a_signal_the_wait_ends_when_its_time_is_up()
    {
        var waiting = _signal.WaitAsync(AtMost, Cancellation);
        _clock.Advance(AtMost - TimeSpan.FromTicks(1));
        Assert.False(waiting.IsCompleted);

        _clock.Advance(TimeSpan.FromTicks(1));

        await waiting;
    }

    [Fact]
    public async Task A_caller_that_gives_up_takes_no_signal_along()
    {
        using var caller = new CancellationTokenSource();
        var waiting = _signal.WaitAsync(AtMost, caller.Token);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        _signal.Set();

        await _signal.WaitAsync(AtMost, Cancellation);
    }

    [Fact]
    public async Task No_change_is_missed_however_signal_and_wait_cross()
    {
        const int changes = 20_000;
        var value = 0;
        var changing = Task.Run(
            () =>
            {
                for (var i = 0; i < changes; i++)
                {
                    Volatile.Write(ref value, i + 1);
                    _signal.Set();
                }
            },
            Cancellation);

        // The clock rests: a change that is missed would never be seen.
        var seen = 0;
        while (seen < changes)
        {
            await _signal.WaitAsync(AtMost, Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            seen = Volatile.Read(ref value);
        }

        await changing;
    }
}
