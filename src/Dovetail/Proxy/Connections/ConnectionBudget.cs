using System.Net;
using System.Threading.RateLimiting;

namespace Dovetail.Proxy.Connections;

/// <summary>How many connections a node may have, and each of its peers, within what all nodes together may have.</summary>
/// <param name="perNode">At least 1.</param>
internal sealed class ConnectionBudget(int perNode, int perPeer, DescriptorBudget all)
{
    private readonly int _perPeer = Math.Min(perPeer, all.PerPeer);

    // Not a PartitionedRateLimiter: it keeps a limiter for each address that was ever seen until that has been idle for 10 s (measured:
    // 273 MB for a million), and looks for idle ones ten times a second on a timer per node. A dictionary keeps who is connected.
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _byPeer = [];

    /// <summary>Connections of the node, and of all nodes together. Its leases last as long as the connections.</summary>
    public RateLimiter Connections { get; } =
        RateLimiter.CreateChained(new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = perNode }), all.Connections);

    /// <summary>Counts a connection of <paramref name="peer"/> in, until <see cref="Leave"/>.</summary>
    /// <returns>False when the peer has all that it may have.</returns>
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
