using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Nodes.Fakes;

/// <summary>
/// A clock that the test moves. Work that waits for it still runs on the thread pool, so each step lets the pool come to rest, and what
/// takes no time on the clock is waited for in real time.
/// </summary>
internal sealed class TestClock() : FakeTimeProvider(Noon)
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan DefaultStep = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<Timer, DateTimeOffset> _due = [];

    public DateTimeOffset Now => GetUtcNow();

    /// <summary>Whether something waits for exactly this long from now on.</summary>
    public bool Waits(TimeSpan wait) => _due.Values.Contains(Now + wait);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Begin(base.CreateTimer(timer.Fire, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan), dueTime, period);
        return timer;
    }

    /// <summary>Waits in real time for what needs no time on the clock.</summary>
    /// <param name="seen">What is the case instead, for the message.</param>
    public static async Task UntilAsync(Func<bool> condition, Func<string>? seen = null)
    {
        var begun = System.GetTimestamp();
        while (!condition())
        {
            Assert.True(System.GetElapsedTime(begun) < Deadline, $"It did not happen in time. {seen?.Invoke()}");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Lets time pass in steps until the condition holds.</summary>
    /// <param name="seen">What is the case instead, for the message.</param>
    public async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan? step = null, Func<string>? seen = null)
    {
        var begun = System.GetTimestamp();
        await RestAsync(_due.Count);
        while (!condition())
        {
            Assert.True(System.GetElapsedTime(begun) < Deadline, $"It did not happen in time. {seen?.Invoke()}");
            var waiting = _due.Count;
            Advance(step ?? DefaultStep);
            await RestAsync(waiting);
        }
    }

    /// <summary>Lets this much time pass, in steps.</summary>
    public Task AdvanceByAsync(TimeSpan by, TimeSpan? step = null)
    {
        var end = Now + by;
        return AdvanceUntilAsync(() => Now >= end, step);
    }

    // Work that was woken stands in the pool's queue before what is queued here; a few rounds let what it wakes run as well. A thread
    // that the system does not let run is not in that queue: it gets a moment, and more of it while fewer loops wait for the clock than
    // before, for a loop that was woken waits again when it is done, unless it has ended.
    private async Task RestAsync(int waiting)
    {
        var begun = System.GetTimestamp();
        await Task.Delay(1, TestContext.Current.CancellationToken);
        for (var i = 0; i < 10 || (_due.Count < waiting && System.GetElapsedTime(begun) < Patience); i++)
        {
            await Task.Run(static () => { }, TestContext.Current.CancellationToken);
        }
    }

    private sealed class Timer(TestClock clock, TimerCallback callback, object? state) : ITimer
    {
        private ITimer? _timer;

        public void Begin(ITimer timer, TimeSpan dueTime, TimeSpan period)
        {
            _timer = timer;
            Change(dueTime, period);
        }

        public void Fire(object? unused)
        {
            clock._due.TryRemove(this, out _);
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            clock._due.TryRemove(this, out _);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                clock._due[this] = clock.Now + dueTime;
            }

            return _timer!.Change(dueTime, period);
        }

        public void Dispose()
        {
            clock._due.TryRemove(this, out _);
            _timer!.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
