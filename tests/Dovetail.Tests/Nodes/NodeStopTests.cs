using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Nodes;

public sealed class NodeStopTests : NodeTest
{
    [Fact]
    public async Task Nothing_begins_before_the_end_of_the_node_that_was_there_before()
    {
        TaskCompletionSource before = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Node.Start(before.Task);
        await Bench.Clock.AdvanceByAsync(2 * Second);
        Assert.Empty(Bench.Journal.Lines);
        Assert.Equal(NodeState.Starting, Node.Report.State);

        before.SetException(new InvalidOperationException("it did not end well"));

        await TestClock.UntilAsync(() => Bench.Journal.Has("tailscaled 1: started"));
    }

    [Fact]
    public async Task What_is_in_flight_ends_before_the_tailscaled_that_carries_it()
    {
        TaskCompletionSource inFlight = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await ReadyAsync();
        Listener.InFlight = inFlight.Task;

        var stopping = Node.DisposeAsync().AsTask();
        await TestClock.UntilAsync(() => Bench.Journal.Has("listener: draining"));
        await TestClock.UntilAsync(() => Node.Report.State == NodeState.Stopping);
        Assert.False(Bench.Journal.Has("tailscaled 1: ending"));
        Assert.Equal(1, Bench.Listeners.Process!.ProcessId);
        inFlight.SetResult();
        await stopping;

        Bench.Journal.AssertOrder(
            "listener: draining", "listener: drained", "tailscaled 1: ending", "tailscaled 1: ended", "listener: disposed",
            "api: disposed");
        Assert.Equal(Timings.Drain, Listener.Drain);
        Assert.Equal("web: stopped", Bench.LogLines[^1]);
    }

    [Fact]
    public async Task Work_that_is_under_way_ends_before_the_drain_and_none_begins()
    {
        TaskCompletionSource inFlight = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Bench.GiveKey("");
        Node.Start(Task.CompletedTask);
        await TestClock.UntilAsync(() => Ups == 1);
        Listener.InFlight = inFlight.Task;

        var stopping = Node.DisposeAsync().AsTask();
        await TestClock.UntilAsync(() => Bench.Journal.Has("listener: draining"));
        Bench.Api.Become(BackendState.Running);
        Bench.GiveKey("tskey-auth-two");
        await Bench.Clock.AdvanceByAsync(5 * Second);
        inFlight.SetResult();
        await stopping;

        Bench.Journal.AssertOrder("up: given up", "listener: draining");
        Assert.Equal(1, Ups);
        Assert.False(Bench.Journal.Has("serve: applied"));
    }

    // With the clock at rest: whatever is waited for at a stage, the stop does not wait for it.
    [Theory]
    [InlineData("bind")]
    [InlineData("socket")]
    [InlineData("login")]
    [InlineData("backoff")]
    public async Task A_stop_is_prompt_at_every_stage(string stage)
    {
        switch (stage)
        {
            case "bind":
                Bench.Listeners.Failures.Enqueue(new IOException("address already in use"));
                break;
            case "socket":
                Bench.Tailscaled.Started = static _ => { };
                break;
            case "login":
                Bench.GiveKey("");
                break;
            default:
                Bench.Tailscaled.Started = static tailscaled => tailscaled.Exit(1);
                break;
        }

        Node.Start(Task.CompletedTask);
        await TestClock.UntilAsync(() => stage switch
        {
            "bind" => Node.Report.Conditions.Any(condition => condition.Id == "listener-failed"),
            "socket" => Bench.Clock.Waits(Timings.HangLimit),
            "login" => Ups == 1,
            _ => Node.Report.State == NodeState.Backoff,
        });

        await Node.DisposeAsync();

        Assert.Equal(stage == "bind" ? 0 : 1, Bench.Tailscaled.Count);
        Assert.Equal(Bench.Tailscaled.Count, Bench.Journal.Count("tailscaled 1: ended"));
        Assert.Equal(Bench.Listeners.Count, Bench.Journal.Count("listener: disposed"));
        Assert.True(Bench.Journal.Has("api: disposed"));
    }

    [Theory]
    [InlineData("running")]
    [InlineData("backoff")]
    [InlineData("socket")]
    public async Task A_restart_is_prompt_at_every_stage(string stage)
    {
        if (stage == "socket")
        {
            Bench.Tailscaled.Started = static _ => { };
            Node.Start(Task.CompletedTask);
            await TestClock.UntilAsync(() => Bench.Clock.Waits(Timings.HangLimit));
            Bench.Tailscaled.Started = Boot;
        }
        else
        {
            await ReadyAsync();
        }

        if (stage == "backoff")
        {
            Bench.Tailscaled.Last.Exit(1);
            await TestClock.UntilAsync(() => Node.Report.State == NodeState.Backoff);
        }

        Node.Restart();

        await TestClock.UntilAsync(() => Bench.Tailscaled.Count == 2, () => Bench.Journal.ToString());
        await Bench.Clock.AdvanceUntilAsync(() => Node.Report is { State: NodeState.Ready, Restarts: 1 });
        Bench.Journal.AssertOrder("tailscaled 1: ended", "tailscaled 2: started");
        Assert.Equal(1, Bench.Listeners.Count);
    }

    [Fact]
    public async Task Whatever_fails_on_the_way_down_the_next_step_is_taken()
    {
        await ReadyAsync();
        Listener.StopFailure = new InvalidOperationException("boom");
        Bench.Tailscaled.Last.Ending = Task.FromException(new IOException("no such process"));

        await Node.DisposeAsync();

        Bench.Journal.AssertOrder("listener: draining", "tailscaled 1: ending", "listener: disposed", "api: disposed");
        Assert.Equal("web: stopped", Bench.LogLines[^1]);
    }
}
