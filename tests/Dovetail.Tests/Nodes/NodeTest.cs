using System.Collections.Immutable;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Services.Model;
using Dovetail.Tailscale;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Nodes;

/// <summary>A node with a tailscaled that behaves as recorded: it keeps its state, and comes up once it is logged in.</summary>
public abstract class NodeTest : IAsyncDisposable
{
    private protected const string Name = "web.tailtest.ts.net";

    private protected static readonly NodeTimingOptions Timings = new();
    private protected static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private Node? _node;

    protected NodeTest()
    {
        Bench.GiveKey("tskey-auth-one");
        Bench.Command.Answer = UpAsync;
        Bench.Tailscaled.Started = Boot;
    }

    private protected NodeBench Bench { get; } = new();

    private protected ServiceSpec Service { get; set; } = NodeBench.Web;

    /// <summary>State that the next tailscaled finds.</summary>
    private protected BackendState State { get; set; } = BackendState.NeedsLogin;

    /// <summary>Status of the node while it runs.</summary>
    private protected IpnStatus RunningStatus { get; set; } = FakeLocalApi.StatusOf(BackendState.Running);

    private protected Node Node => _node ??= new Node(Bench.Dependencies, Service);

    private protected FakeListener Listener => Bench.Listeners.Last;

    private protected int Ups => Bench.Command.Calls.Count;

    public async ValueTask DisposeAsync()
    {
        if (_node is not null && !Bench.Journal.Has("api: disposed"))
        {
            await _node.DisposeAsync();
        }

        Bench.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected async Task ReadyAsync()
    {
        Node.Start(Task.CompletedTask);
        await Bench.Clock.AdvanceUntilAsync(() => Node.Report.State == NodeState.Ready, seen: Seen);
    }

    private protected string Seen() => $"{Node.Report.State} at {Bench.Clock.Now:T}\n{Bench.Journal}\n{string.Join('\n', Bench.LogLines)}";

    // The control server refuses the key, which ends with a tailscaled that does not want to run.
    private protected async Task RefuseKeyAsync()
    {
        var refused = FakeCommand.Failed("backend error: invalid key: API key does not exist");
        Bench.Command.Answer = (_, _) => Task.FromResult(refused);
        Bench.Api.WantRunning = _ =>
        {
            State = BackendState.Stopped;
            return Task.CompletedTask;
        };
        Node.Start(Task.CompletedTask);
        await Bench.Clock.AdvanceUntilAsync(() => Bench.Tailscaled.Count == 2 && Node.Report.State == NodeState.NeedsLogin, seen: Seen);
        Assert.Single(Bench.LogLines, line => line.StartsWith("web: the refused key is not tried again", StringComparison.Ordinal));
        Assert.Contains(Node.Report.Conditions, condition => condition.Id == "key-rejected");
    }

    // A new tailscaled ends the bus of the old one, and begins with the state that it finds.
    private protected void Boot(FakeTailscaled tailscaled)
    {
        Bench.Api.BreakBus();
        Bench.Api.Become(State, State == BackendState.Running ? RunningStatus : null);
        tailscaled.OpenSocket();
    }

    // Without a key it waits for somebody to follow the URL; with one, or on a node that has its state, it comes up at once.
    private protected async Task<CommandResult> UpAsync(ImmutableArray<string> arguments, CancellationToken cancellationToken)
    {
        if (FakeCommand.KeyFileOf(arguments) is null && State != BackendState.Running)
        {
            Bench.Api.Become(BackendState.NeedsLogin);
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Bench.Journal.Add("up: given up");
            cancellationToken.ThrowIfCancellationRequested();
        }

        State = BackendState.Running;
        Bench.Api.Become(BackendState.Running, RunningStatus);
        return FakeCommand.Done;
    }
}
