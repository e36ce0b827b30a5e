using Dovetail.Containers;
using Dovetail.Reconciliation;
using Dovetail.Tests.Nodes.Fakes;
using Dovetail.Tests.Services;

namespace Dovetail.Tests.Reconciliation;

public sealed class ForgetTests : ReconcilerTest
{
    [Fact]
    public async Task What_a_container_wants_is_not_forgotten()
    {
        await StartAsync(Container("web"));
        await HasAsync("web: begun");

        var outcome = await Reconciler.ForgetAsync("web", force: true, Cancellation);

        Assert.Equal(new ForgetOutcome(false, "web is wanted by a running container; stop that first"), outcome);
        Assert.False(Journal.Has("web: stopping"));
    }

    [Fact]
    public async Task Nothing_is_forgotten_before_the_containers_have_been_listed()
    {
        Nodes.States["web"] = true;
        await StartAsync();

        var outcome = await Reconciler.ForgetAsync("web", force: true, Cancellation);

        Assert.False(outcome.Done);
        Assert.Contains("have not been listed yet", outcome.Reason, StringComparison.Ordinal);
        Assert.Empty(Journal.Lines);
    }

    [Fact]
    public async Task Nothing_is_forgotten_while_an_Engine_has_not_been_listed()
    {
        Nodes.States["web"] = true;
        await StartAsync();
        Snapshots.Push(SampleContainer.Snapshot(OwnLocation.OnHost) with { Unlisted = ["the Docker Engine nas"] });
        await TestClock.UntilAsync(() => Reconciler.Report().LastReconciled is not null);

        var outcome = await Reconciler.ForgetAsync("web", force: true, Cancellation);

        Assert.False(outcome.Done);
        Assert.Contains("not known until the Docker Engine nas has been listed", outcome.Reason, StringComparison.Ordinal);
        Assert.Empty(Journal.Lines);
    }

    [Fact]
    public async Task Without_state_there_is_nothing_to_forget()
    {
        await StartListedAsync();

        var outcome = await Reconciler.ForgetAsync("web", force: false, Cancellation);

        Assert.Equal(new ForgetOutcome(false, "there is no state of a service named web"), outcome);
        Assert.Empty(Journal.Lines);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task State_without_a_node_is_erased(bool force)
    {
        Nodes.States["web"] = true;
        await StartListedAsync();

        Assert.Equal(new ForgetOutcome(true, null), await Reconciler.ForgetAsync("web", force, Cancellation));

        Assert.Equal([force ? "web: erase by force" : "web: erase", "web: erased"], Journal.Lines);
        Assert.Contains(Log.Collector.GetSnapshot(), line => line.Message.StartsWith("web: forgotten", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_node_in_its_grace_period_is_stopped_before_its_state_goes()
    {
        await StartAsync(Container("web"));
        await HasAsync("web: begun");
        List();
        await HasAsync("web: update to 0");

        Assert.True((await Reconciler.ForgetAsync("web", force: false, Cancellation)).Done);

        Journal.AssertOrder("web: stopping", "web: stopped", "web: erase");
        Assert.Null(Reconciler.Find("web"));
    }

    [Fact]
    public async Task A_machine_that_stays_in_the_tailnet_is_not_called_logged_out()
    {
        Nodes.States["web"] = true;
        Nodes.Erasing = Task.FromResult<string?>("no answer");
        await StartListedAsync();

        Assert.Equal(new ForgetOutcome(true, "no answer"), await Reconciler.ForgetAsync("web", force: true, Cancellation));

        var line = Assert.Single(Log.Collector.GetSnapshot(), line => line.Message.StartsWith("web: forgotten", StringComparison.Ordinal));
        Assert.Contains("its machine stays in the tailnet: no answer", line.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Why_it_cannot_be_forgotten_is_told()
    {
        Nodes.States["web"] = true;
        Nodes.Erasing = Task.FromResult<string?>("web cannot be logged out: no answer");
        await StartListedAsync();

        var outcome = await Reconciler.ForgetAsync("web", force: false, Cancellation);

        Assert.Equal(new ForgetOutcome(false, "web cannot be logged out: no answer"), outcome);
        Assert.DoesNotContain(Log.Collector.GetSnapshot(), line => line.Message.StartsWith("web: forgotten", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_container_that_comes_before_the_logout_keeps_its_machine()
    {
        TaskCompletionSource reaching = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Nodes.States["web"] = true;
        Nodes.Reaching = reaching.Task;
        await StartListedAsync();
        var forgetting = Reconciler.ForgetAsync("web", force: false, Cancellation);
        await HasAsync("web: erase");

        List(Container("web"));
        await HasAsync("web: start");
        reaching.SetResult();

        Assert.False((await forgetting).Done);
        Assert.True(Nodes.States.ContainsKey("web"));
        await HasAsync("web: begun");
    }

    [Theory]
    [InlineData("done")]
    [InlineData("failed")]
    [InlineData("given up")]
    public async Task A_container_that_comes_while_its_service_is_forgotten_begins_afterwards(string end)
    {
        using var caller = new CancellationTokenSource();
        TaskCompletionSource<string?> erasing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Nodes.States["web"] = true;
        Nodes.Erasing = erasing.Task;
        await StartListedAsync();
        var forgetting = Reconciler.ForgetAsync("web", force: false, caller.Token);
        await HasAsync("web: erase");

        List(Container("web"));
        await HasAsync("web: start");
        Assert.False(Journal.Has("web: begun"));
        switch (end)
        {
            case "done":
                erasing.SetResult(null);
                Assert.True((await forgetting).Done);
                break;
            case "failed":
                erasing.SetException(new InvalidOperationException("boom"));
                await Assert.ThrowsAsync<InvalidOperationException>(() => forgetting);
                break;
            default:
                await caller.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => forgetting);
                break;
        }

        await HasAsync("web: begun");
    }
}
