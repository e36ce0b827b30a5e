using System.Collections.Concurrent;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Services.Model;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Reconciliation;

/// <summary>A node that only writes down what it is told.</summary>
internal sealed class FakeNode(ServiceSpec service, Journal journal) : INode
{
    public NodeReport Report { get; private set; } = new() { Service = service, State = NodeState.Ready, Since = TestClock.Noon };

    public LogBuffer DaemonLog { get; } = new(10);

    /// <summary>What its end waits for.</summary>
    public Task Ending { get; set; } = Task.CompletedTask;

    public void Start(Task after)
    {
        journal.Add($"{service.Name}: start");
        _ = BeginAsync(after);
    }

    public void Update(ServiceSpec service)
    {
        Report = Report with { Service = service };
        journal.Add($"{service.Name}: update to {service.Upstreams.Count}");
    }

    public void Restart() => journal.Add($"{service.Name}: restart");

    public async ValueTask DisposeAsync()
    {
        journal.Add($"{service.Name}: stopping");
        await Ending;
        journal.Add($"{service.Name}: stopped");
    }

    private async Task BeginAsync(Task after)
    {
        await after.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        journal.Add($"{service.Name}: begun");
    }
}

/// <summary>Makes fakes, and erases what the test says there is.</summary>
internal sealed class FakeNodes(Journal journal) : INodeFactory
{
    /// <summary>Thrown by the calls that come, one each.</summary>
    public ConcurrentQueue<Exception> Failures { get; } = [];

    /// <summary>Names of services that have state.</summary>
    public ConcurrentDictionary<string, bool> States { get; } = [];

    /// <summary>When a state was last used, where the test says so.</summary>
    public ConcurrentDictionary<string, DateTimeOffset> Used { get; } = [];

    /// <summary>What erasing waits for before it asks whether the name is wanted again.</summary>
    public Task Reaching { get; set; } = Task.CompletedTask;

    /// <summary>What erasing waits for then, and gives.</summary>
    public Task<string?> Erasing { get; set; } = Task.FromResult<string?>(null);

    public INode Create(ServiceSpec service)
    {
        if (Failures.TryDequeue(out var failure))
        {
            throw failure;
        }

        States[service.Name] = true;
        return new FakeNode(service, journal);
    }

    public bool HasState(string name) => States.ContainsKey(name);

    IEnumerable<StoredState> INodeFactory.States() => States.Keys.Select(
        name => new StoredState(name, Used.GetValueOrDefault(name, TestClock.Noon)));

    public async Task<Erasure> EraseAsync(string name, bool force, Func<bool> isWanted, CancellationToken cancellationToken)
    {
        journal.Add($"{name}: erase{(force ? " by force" : "")}");
        await Reaching.WaitAsync(cancellationToken);
        var failure = isWanted() ? "a container wants it again" : await Erasing.WaitAsync(cancellationToken);
        journal.Add($"{name}: erased");
        if (failure is null)
        {
            States.TryRemove(name, out _);
        }
        else
        {
            // The tailscaled that tried has written its state.
            Used[name] = Used.GetValueOrDefault(name, TestClock.Noon).AddSeconds(1);
        }

        return new Erasure(failure is null || force, failure);
    }
}
