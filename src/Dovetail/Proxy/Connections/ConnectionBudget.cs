using System.Net;

namespace Dovetail.Proxy.Connections;

/// <summary>Counts the open connections of a node, and of each peer, within what all nodes together may have.</summary>
internal sealed class ConnectionBudget(int perNode, int perPeer, DescriptorBudget all)
{
    private readonly int _perPeer = Math.Min(perPeer, all.PerPeer);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _byPeer = [];
    private int _open;

    public int Open => Volatile.Read(ref _open);

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _open) <= perNode && all.TryEnterConnection())
        {
            return true;
        }

        Interlocked.Decrement(ref _open);
        return false;
    }

    public void Leave()
    {
        Interlocked.Decrement(ref _open);
        all.LeaveConnection();
    }

    public bool TryEnter(IPAddress peer)
    {
        lock (_lock)
        {
            var count = _byPeer.GetValueOrDefault(peer);
            if (count >= _perPeer)
            {
                return false;
            }

            _byPeer[peer] = count + 1;
            return true;
        }
    }

    public void Leave(IPAddress peer)
    {
        lock (_lock)
        {
            if (--_byPeer[peer] == 0)
            {
                _byPeer.Remove(peer);
            }
        }
    }
}
