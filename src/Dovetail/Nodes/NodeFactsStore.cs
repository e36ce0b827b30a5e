using Dovetail.Common;
using Dovetail.Nodes.Facts;

namespace Dovetail.Nodes;

/// <summary>The one place where a node's facts change. Whoever changes them wakes the one loop that decides.</summary>
internal sealed class NodeFactsStore(NodeFacts initial) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly WakeSignal _changed = new();
    private NodeFacts _current = initial;

    public NodeFacts Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>Replaces the facts by what <paramref name="change"/> makes of them; wakes the loop if that is anything new.</summary>
    public NodeFacts Change(Func<NodeFacts, NodeFacts> change)
    {
        lock (_lock)
        {
            var changed = change(_current);
            if (!ReferenceEquals(changed, _current))
            {
                _current = changed;
                _changed.Set();
            }

            return changed;
        }
    }

    /// <summary>Waits for a change since the last wait, at most <paramref name="atMost"/>.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _changed.WaitAsync(atMost, cancellationToken);

    public void Dispose() => _changed.Dispose();
}
