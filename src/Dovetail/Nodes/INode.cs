using Dovetail.Processes;
using Dovetail.Services.Model;

namespace Dovetail.Nodes;

/// <summary>
/// One service on the tailnet, as the reconciler handles it. Disposing it stops it and waits for its end; its state stays.
/// </summary>
internal interface INode : IAsyncDisposable
{
    NodeReport Report { get; }

    /// <summary>What its tailscaleds wrote, across their sessions.</summary>
    LogBuffer DaemonLog { get; }

    /// <summary>Begins. Returns at once.</summary>
    /// <param name="after">What has to be over first: the end of an earlier node on the same state directory.</param>
    void Start(Task after);

    /// <summary>Takes what the labels say now. Returns at once.</summary>
    void Update(ServiceSpec service);

    /// <summary>Starts a new tailscaled in place of the running one, or at once when one is waited for. Listener and state stay.</summary>
    void Restart();
}

/// <summary>What is on disk of a service.</summary>
/// <param name="LastUsed">When a tailscaled last used it, as far as its files tell.</param>
internal sealed record StoredState(string Name, DateTimeOffset LastUsed);

/// <summary>Makes nodes, and takes them off the tailnet for good.</summary>
internal interface INodeFactory
{
    /// <summary>A node that has not begun yet.</summary>
    INode Create(ServiceSpec service);

    /// <summary>Whether there is any state of the service.</summary>
    bool HasState(string name);

    /// <summary>The states there are, in no order; those that cannot be looked at are left out.</summary>
    IEnumerable<StoredState> States();

    /// <summary>Logs a machine out of the tailnet, then removes its state.</summary>
    /// <param name="name">A service without a running node.</param>
    /// <param name="force">Removes the state even if the machine cannot be logged out.</param>
    /// <param name="isWanted">Asked again right before the logout, to which it may take half a minute: true ends it.</param>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    Task<Erasure> EraseAsync(string name, bool force, Func<bool> isWanted, CancellationToken cancellationToken);
}

/// <inheritdoc cref="INodeFactory"/>
internal sealed class NodeFactory(NodeDependencies dependencies) : INodeFactory
{
    private readonly NodeEraser _eraser = new(dependencies);

    public INode Create(ServiceSpec service) => new Node(dependencies, service);

    public bool HasState(string name) => _eraser.HasState(name);

    public IEnumerable<StoredState> States() => StateFile.Find(dependencies.Options.StateRoot);

    public Task<Erasure> EraseAsync(string name, bool force, Func<bool> isWanted, CancellationToken cancellationToken) =>
        _eraser.EraseAsync(name, force, isWanted, cancellationToken);
}
