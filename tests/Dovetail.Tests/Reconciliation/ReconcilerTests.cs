using Dovetail.Tests.Nodes.Fakes;
using Dovetail.Tests.Services;
using Microsoft.Extensions.Logging;

namespace Dovetail.Tests.Reconciliation;

public sealed class ReconcilerTests : ReconcilerTest
{
    [Fact]
    public async Task Nothing_happens_before_the_containers_have_been_listed_once()
    {
        await StartAsync();
        await Clock.AdvanceByAsync(2 * Resync, Step);

        Assert.Empty(Journal.Lines);
        Assert.Null(Reconciler.Report().LastReconciled);
    }

    [Fact]
    public async Task A_service_that_containers_want_gets_a_node()
    {
        await StartAsync(Container("web"));

        await HasAsync("web: begun");
        Assert.Equal("web", Reconciler.Find("web")!.Report.Service.Name);
        Assert.Null(Reconciler.Find("api"));
        Assert.Contains(Log.Collector.GetSnapshot(), line => line.Message == "web: wanted; starting its node");
    }

    [Fact]
    public async Task The_same_listing_again_is_nothing_to_do()
    {
        await StartAsync(Container("web"));
        await HasAsync("web: begun");

        List(Container("web"));
        await Clock.AdvanceByAsync(2 * Resync, Step);

        Assert.Equal(["web: start", "web: begun"], Journal.Lines);
    }

    [Fact]
    public async Task A_replica_more_is_an_update_of_its_node_alone()
    {
        await StartAsync(Container("web"), Container("api"));
        await HasAsync("web: begun");

        List(Container("web"), Container("web", replica: 2), Container("api"));

        await HasAsync("web: update to 2");
        Assert.False(Journal.Has("api: update to 1"));
    }

    [Fact]
    public async Task A_node_outlives_its_last_container_by_the_grace_period()
    {
        await StartAsync(Container("web"));
        await HasAsync("web: begun");
        List();
        await HasAsync("web: update to 0");

        await Clock.AdvanceByAsync(Grace - Step, Step);
        await TestClock.UntilAsync(() => Clock.Waits(Step));
        Assert.False(Journal.Has("web: stopping"));
        Clock.Advance(Step);

        await HasAsync("web: stopped");
        Assert.Null(Reconciler.Find("web"));
        Assert.Empty(Reconciler.Report().Nodes);
        Assert.Equal(1, Journal.Count("web: update to 0"));
    }

    [Fact]
    public async Task A_container_that_comes_back_in_time_finds_its_node()
    {
        await StartAsync(Container("web"));
        await HasAsync("web: begun");
        List();
        await HasAsync("web: update to 0");
        await Clock.AdvanceByAsync(Grace / 2, Step);

        List(Container("web"));
        await HasAsync("web: update to 1");
        await Clock.AdvanceByAsync(2 * Grace, Step);

        Assert.Equal(["web: start", "web: begun", "web: update to 0", "web: update to 1"], Journal.Lines);
    }

    [Fact]
    public async Task A_service_that_returns_while_its_old_node_ends_begins_after_that_end()
    {
        TaskCompletionSource ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await RemoveAsync("web", ending.Task);

        List(Container("web"));
        await TestClock.UntilAsync(() => Journal.Count("web: start") == 2);
        Assert.NotNull(Reconciler.Find("web"));
        Assert.Equal(1, Journal.Count("web: begun"));
        ending.SetResult();

        await TestClock.UntilAsync(() => Journal.Count("web: begun") == 2);
        Journal.AssertOrder("web: stopping", "web: start", "web: stopped", "web: begun");
    }

    [Fact]
    public async Task A_node_that_ends_slowly_keeps_no_other_from_beginning()
    {
        TaskCompletionSource ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await RemoveAsync("web", ending.Task);

        List(Container("api"));

        await HasAsync("api: begun");
        ending.SetResult();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Listings_that_fail_or_end_are_read_anew(bool fail)
    {
        await StartAsync(Container("web"));
        await HasAsync("web: begun");

        Snapshots.End(fail ? new InvalidOperationException("boom") : null);
        await Clock.AdvanceUntilAsync(() => Snapshots.Readings == 2);
        List(Container("web"), Container("api"));

        await HasAsync("api: begun");
        Assert.False(Journal.Has("web: stopping"));
        Assert.Equal(fail, Log.Collector.GetSnapshot().Any(line => line.Level == LogLevel.Error));
    }

    [Fact]
    public async Task A_bug_in_one_round_does_not_end_the_loop()
    {
        Nodes.Failures.Enqueue(new InvalidOperationException("boom"));
        await StartAsync(Container("web"));
        await TestClock.UntilAsync(() => Log.Collector.GetSnapshot().Any(line => line.Exception is InvalidOperationException));

        await Clock.AdvanceUntilAsync(() => Journal.Has("web: begun"), Step);
    }

    [Fact]
    public async Task The_report_is_sorted_and_says_when_the_last_round_was()
    {
        await StartAsync(Container("web"), Container("api"), SampleContainer.Named("odd", 0, "dovetail.name=-"));
        await TestClock.UntilAsync(() => Reconciler.Report().LastReconciled is not null);

        var report = Reconciler.Report();
        Assert.Equal(["api", "web"], report.Nodes.Select(node => node.Service.Name));
        Assert.Equal("odd", Assert.Single(report.Rejected).Container);
        Assert.Equal(TestClock.Noon, report.LastReconciled);

        await TestClock.UntilAsync(() => Clock.Waits(Resync));
        Clock.Advance(Resync);
        await TestClock.UntilAsync(() => Reconciler.Report().LastReconciled == TestClock.Noon + Resync);
        Assert.Single(Log.Collector.GetSnapshot(), line => line.Level == LogLevel.Warning);
    }

    [Fact]
    public async Task At_the_stop_all_nodes_stop_at_once_and_the_slowest_is_waited_for()
    {
        await StartAsync(Container("web"), Container("api"), Container("db"));
        await HasAsync("web: begun");
        TaskCompletionSource ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ((FakeNode)Reconciler.Find("api")!).Ending = ending.Task;

        var stopping = Reconciler.StopAsync(Cancellation);
        await HasAsync("web: stopped");
        await HasAsync("db: stopped");
        Assert.True(Journal.Has("api: stopping"));
        Assert.False(stopping.IsCompleted);
        ending.SetResult();

        await stopping;
        Assert.True(Journal.Has("api: stopped"));
    }

    [Fact]
    public async Task The_stop_waits_for_a_node_that_was_ending_already()
    {
        TaskCompletionSource ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await RemoveAsync("web", ending.Task);

        var stopping = Reconciler.StopAsync(Cancellation);
        await TestClock.UntilAsync(() => Reconciler.ExecuteTask is not null);
        Assert.False(stopping.IsCompleted);
        ending.SetResult();

        await stopping;
        Assert.Equal(1, Journal.Count("web: stopping"));
    }
}
