using System.Collections.Immutable;
using System.Net;

namespace Dovetail.Proxy.Model;

/// <summary>
/// Where a node's listener listens on its own loopback address: what tailscaled's serve config forwards to. Compares by content.
/// </summary>
/// <param name="Https">Target of the node's port 443.</param>
/// <param name="Http">Target of the node's port 80.</param>
/// <param name="Tcp">Targets of the raw TCP ports, by port on the tailnet.</param>
internal sealed record ListenerPorts(IPEndPoint Https, IPEndPoint Http, ImmutableSortedDictionary<int, IPEndPoint> Tcp)
{
    public bool Equals(ListenerPorts? other) =>
        other is not null && Https.Equals(other.Https) && Http.Equals(other.Http) && Tcp.SequenceEqual(other.Tcp);

    public override int GetHashCode() => HashCode.Combine(Https, Http, Tcp.Count);
}
