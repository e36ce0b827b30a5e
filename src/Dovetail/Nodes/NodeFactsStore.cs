using Dovetail.Common;
using Dovetail.Nodes.Facts;

namespace Dovetail.Nodes;

/// <summary>The one place where a node's facts change. Whoever changes them wakes the one loop that decides.</summary>
internal sealed class NodeFactsStore(NodeFacts initial, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly WakeSignal _changed = new(time);
    private NodeFacts _current = initial;

    public NodeFacts Current => Volatile.Read(ref _current);

    /// <summary>Replaces the facts by what <paramref name="change"/> makes of them; wakes the loop if that is anything new.</summary>
    public NodeFacts Change(Func<NodeFacts, NodeFacts> change)
    {
        lock (_lock)
        {
            var changed = change(_current);
            if (!ReferenceEquals(changed, _current))
            {
                Volatile.Write(ref _current, changed);
                _changed.Set();
            }

            return changed;
        }
    }

    /// <summary>Waits for a change since the last wait, at most <paramref name="atMost"/>.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _changed.WaitAsync(atMost, cancellationToken);
}
