using Dovetail.Nodes;
using Dovetail.Services.Model;

namespace Dovetail.Reconciliation;

/// <summary>What the reconciler holds of one name: its node while there is one, and the end of what was there before.</summary>
internal sealed class ServiceSlot
{
    private Task _before = Task.CompletedTask;

    /// <summary>Null: the name has no node.</summary>
    public INode? Node { get; private set; }

    /// <summary>Null exactly when <see cref="Node"/> is.</summary>
    public TrackedService? Tracked { get; private set; }

    /// <summary>Whether nothing is left to be remembered.</summary>
    public bool IsEmpty => Node is null && _before.IsCompleted;

    /// <summary>Starts a node, once what was there before is over.</summary>
    public void Start(INode node, ServiceSpec service)
    {
        (Node, Tracked) = (node, new TrackedService(service, null));
        node.Start(_before);
    }

    /// <param name="unwantedSince">Since when no container has wanted it; null: wanted.</param>
    public void Update(ServiceSpec service, DateTimeOffset? unwantedSince)
    {
        Tracked = new TrackedService(service, unwantedSince);
        Node!.Update(service);
    }

    /// <summary>Stops the node, if there is one. Returns at once.</summary>
    /// <returns>Ends when it has stopped.</returns>
    public Task Stop()
    {
        if (Node is { } node)
        {
            _before = node.DisposeAsync().AsTask();
            (Node, Tracked) = (null, null);
        }

        return _before;
    }

    /// <summary>Lets a node that comes begin only after <paramref name="work"/> too, which waits for <see cref="Stop"/> itself.</summary>
    public void Reserve(Task work) => _before = work;
}
