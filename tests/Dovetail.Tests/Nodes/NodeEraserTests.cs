using Dovetail.Nodes;
using Dovetail.Processes;
using Dovetail.Tailscale;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Nodes;

public sealed class NodeEraserTests : IDisposable
{
    private readonly NodeBench _bench = new();
    private readonly NodeEraser _eraser;

    public NodeEraserTests()
    {
        _eraser = new NodeEraser(_bench.Dependencies);
        _bench.Api.Become(BackendState.Running);
        File.WriteAllText(StateFile, "{}");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Task<Erasure> EraseAsync(string name, bool force, CancellationToken cancellationToken) =>
        _eraser.EraseAsync(name, force, static () => false, cancellationToken);

    private string StateFile => Path.Combine(_bench.Paths.State, "tailscaled.state");

    [Fact]
    public void There_is_state_when_there_is_a_directory()
    {
        Assert.True(_eraser.HasState("web"));
        Assert.False(_eraser.HasState("api"));
    }

    [Fact]
    public async Task The_machine_is_logged_out_before_its_state_goes()
    {
        _bench.Command.Answer = (_, _) =>
        {
            Assert.True(File.Exists(StateFile));
            return Task.FromResult(FakeCommand.Done);
        };

        Assert.Equal(Erasure.Whole, await EraseAsync("web", force: false, Cancellation));

        Assert.Equal([$"--socket={_bench.Paths.Socket}", "logout"], _bench.Command.Last);
        _bench.Journal.AssertOrder("tailscaled 1: started", "tailscale logout", "tailscaled 1: ended");
        Assert.True(_bench.Journal.Has("api: disposed"));
        Assert.False(_eraser.HasState("web"));
    }

    [Fact]
    public async Task What_never_logged_in_needs_no_logout()
    {
        File.Delete(StateFile);

        Assert.Equal(Erasure.Whole, await EraseAsync("web", force: false, Cancellation));

        Assert.Equal(0, _bench.Tailscaled.Count);
        Assert.False(_eraser.HasState("web"));
    }

    [Fact]
    public async Task Without_state_there_is_nothing_to_do() =>
        Assert.Equal(Erasure.Whole, await EraseAsync("api", force: false, Cancellation));

    // A daemon that has not reached the control server yet would log out here only.
    [Fact]
    public async Task The_logout_waits_until_tailscaled_has_reached_the_control_server()
    {
        _bench.Api.Become(BackendState.NoState);
        var erasing = EraseAsync("web", force: false, Cancellation);
        await _bench.Clock.AdvanceUntilAsync(() => _bench.Api.Polls >= 3);
        _bench.Api.Become(BackendState.Starting);
        await _bench.Clock.AdvanceUntilAsync(() => _bench.Api.Polls >= 6);
        Assert.Empty(_bench.Command.Calls);

        _bench.Api.Become(BackendState.Running);
        await _bench.Clock.AdvanceUntilAsync(() => erasing.IsCompleted);

        Assert.Equal(Erasure.Whole, await erasing);
        Assert.Single(_bench.Command.Calls);
    }

    [Fact]
    public async Task A_machine_whose_tailscaled_never_reaches_the_control_server_is_not_logged_out_here_only()
    {
        _bench.Api.Become(BackendState.NoState);
        var erasing = EraseAsync("web", force: false, Cancellation);

        await _bench.Clock.AdvanceUntilAsync(() => erasing.IsCompleted);

        Assert.Contains("does not reach the control server", (await erasing).Failure, StringComparison.Ordinal);
        Assert.Empty(_bench.Command.Calls);
        Assert.True(File.Exists(StateFile));
    }

    [Theory]
    [InlineData("command", "context deadline exceeded")]
    [InlineData("start", "cannot start tailscaled: No such file or directory")]
    [InlineData("socket", "its tailscaled does not start")]
    [InlineData("status", "no answer")]
    public async Task A_machine_that_cannot_be_logged_out_keeps_its_state_unless_forced(string trouble, string reason)
    {
        switch (trouble)
        {
            case "command":
                var failed = FakeCommand.Failed("500 Internal Server Error: context deadline exceeded");
                _bench.Command.Answer = (_, _) => Task.FromResult(failed);
                break;
            case "start":
                var missing = new ChildStartException("tailscaled", new FileNotFoundException("No such file or directory"));
                _bench.Tailscaled.Failures.Enqueue(missing);
                _bench.Tailscaled.Failures.Enqueue(missing);
                break;
            case "socket":
                _bench.Tailscaled.Started = static tailscaled => tailscaled.Exit(1);
                break;
            default:
                _bench.Api.Answer = static _ => throw FakeLocalApi.Refusal("no answer");
                break;
        }

        var (isDone, failure) = await EraseAsync("web", force: false, Cancellation);

        Assert.False(isDone);
        Assert.StartsWith("web cannot be logged out: ", failure, StringComparison.Ordinal);
        Assert.Contains(reason, failure, StringComparison.Ordinal);
        Assert.EndsWith(
            ". Its state is kept; dovetail forget web --force removes it, and the machine stays in the tailnet.",
            failure,
            StringComparison.Ordinal);
        Assert.True(File.Exists(StateFile));
        Assert.True(_bench.Tailscaled.Count == 0 || _bench.Journal.Has("tailscaled 1: ended"));

        var forced = await EraseAsync("web", force: true, Cancellation);
        Assert.True(forced.IsDone);
        Assert.Contains(reason, forced.Failure, StringComparison.Ordinal);
        Assert.False(_eraser.HasState("web"));
    }

    // As tailscaled writes it when a logout has not reached the control server.
    [Fact]
    public async Task A_logout_that_fails_leaves_the_machine_what_it_was()
    {
        _bench.Command.Answer = (_, _) =>
        {
            File.WriteAllText(StateFile, "logged out");
            return Task.FromResult(FakeCommand.Failed("500 Internal Server Error: context deadline exceeded"));
        };

        Assert.False((await EraseAsync("web", force: false, Cancellation)).IsDone);

        Assert.Equal("{}", await File.ReadAllTextAsync(StateFile, Cancellation));
        Assert.Equal([StateFile], Directory.GetFiles(_bench.Paths.State, "tailscaled.state*"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(StateFile));
    }

    [Fact]
    public async Task A_machine_that_is_wanted_again_before_its_logout_stays()
    {
        var (isDone, failure) = await _eraser.EraseAsync("web", force: false, static () => true, Cancellation);

        Assert.False(isDone);
        Assert.Contains("a container wants it again", failure, StringComparison.Ordinal);
        Assert.Empty(_bench.Command.Calls);
        Assert.True(File.Exists(StateFile));
    }

    [Fact]
    public async Task Whoever_gives_up_leaves_no_tailscaled_and_all_of_the_state()
    {
        using var caller = new CancellationTokenSource();
        _bench.Command.Answer = static async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return FakeCommand.Done;
        };
        var erasing = EraseAsync("web", force: true, caller.Token);
        await TestClock.UntilAsync(() => _bench.Command.Calls.Count == 1);

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => erasing);
        Assert.True(_bench.Journal.Has("tailscaled 1: ended"));
        Assert.True(File.Exists(StateFile));
    }

    public void Dispose() => _bench.Dispose();
}
