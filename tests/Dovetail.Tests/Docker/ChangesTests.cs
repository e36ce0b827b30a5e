using Dovetail.Docker;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Docker;

public sealed class ChangesTests
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(250);

    private readonly FakeTimeProvider _time = new();
    private readonly Changes _changes;

    public ChangesTests() => _changes = new Changes(Quiet, MaxWait, _time);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_change_the_wait_ends_when_its_time_is_up()
    {
        var wait = WaitAsync(TimeSpan.FromSeconds(30));

        _time.Advance(TimeSpan.FromSeconds(29.9));
        Assert.False(wait.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));

        await wait.WaitAsync(Eventually.Deadline, Cancelled);
    }

    [Fact]
    public async Task After_a_change_the_wait_ends_with_the_quiet_period()
    {
        _changes.Report();
        var wait = WaitAsync(TimeSpan.FromHours(1));

        _time.Advance(Quiet - TimeSpan.FromMilliseconds(1));
        Assert.False(wait.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await wait.WaitAsync(Eventually.Deadline, Cancelled);
    }

    [Fact]
    public async Task Each_further_change_prolongs_the_wait_but_not_past_its_limit()
    {
        _changes.Report();
        var wait = WaitAsync(TimeSpan.FromHours(1));
        var step = TimeSpan.FromMilliseconds(10);

        for (var passed = step; passed < MaxWait; passed += step)
        {
            _changes.Report();
            _time.Advance(step);
            Assert.False(wait.IsCompleted, $"{passed}");
        }

        await Eventually.TrueAsync(
            () =>
            {
                _changes.Report();
                _time.Advance(step);
                return wait.IsCompleted;
            },
            "the end of the wait");
    }

    [Fact]
    public async Task A_change_that_is_forgotten_is_not_waited_for()
    {
        _changes.Report();
        _changes.Forget();
        var wait = WaitAsync(TimeSpan.FromHours(1));

        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.False(wait.IsCompleted);
        _changes.Report();
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(Quiet);
                return wait.IsCompleted;
            },
            "the end of the wait");
    }

    [Fact]
    public async Task There_are_four_looks_a_second_at_most()
    {
        // Each change comes a little later than the burst before it has ended.
        for (var look = 0; look < 4; look++)
        {
            _changes.Report();
            var soon = WaitAsync(TimeSpan.FromHours(1));
            _time.Advance(Quiet);
            await soon.WaitAsync(Eventually.Deadline, Cancelled);
            _changes.Forget();
        }

        _changes.Report();
        var wait = WaitAsync(TimeSpan.FromHours(1));

        // Since the first of the four, three quiet periods have gone by.
        _time.Advance(TimeSpan.FromMilliseconds(999) - (3 * Quiet));
        Assert.False(wait.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await wait.WaitAsync(Eventually.Deadline, Cancelled);
    }

    [Fact]
    public async Task The_end_is_thrown_at_once_even_after_a_change()
    {
        var reason = new DockerException("gone");
        var waiting = WaitAsync(TimeSpan.FromHours(1));
        _changes.End(reason);
        Assert.Same(reason, await Assert.ThrowsAsync<DockerException>(() => waiting));

        var later = new Changes(Quiet, MaxWait, _time);
        later.Report();
        later.End(reason);
        Assert.Same(reason, await Assert.ThrowsAsync<DockerException>(() => later.WaitAsync(TimeSpan.FromHours(1), Cancelled)));
    }

    [Fact]
    public async Task The_callers_token_ends_the_wait()
    {
        using var stop = new CancellationTokenSource();
        var waiting = _changes.WaitAsync(TimeSpan.FromHours(1), stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        using var second = new CancellationTokenSource();
        _changes.Report();
        var inBurst = _changes.WaitAsync(TimeSpan.FromHours(1), second.Token);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => inBurst);
    }

    private Task WaitAsync(TimeSpan atMost) => _changes.WaitAsync(atMost, Cancelled);
}
