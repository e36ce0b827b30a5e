using Dovetail.Tailscale;

namespace Dovetail.Nodes.Facts;

/// <summary>The other machine of the tailnet that has the name which a node asked for.</summary>
/// <param name="IsOnline">False: it has gone, or is about to.</param>
/// <param name="LastSeen">When it was last online; null: it is, or nobody knows.</param>
/// <param name="HasSameOwner">Whether it belongs to the node's own user, or has the node's own tags.</param>
internal sealed record NameHolder(bool IsOnline, DateTimeOffset? LastSeen, bool HasSameOwner)
{
    /// <summary>Finds it among the machines that the node sees; null: it sees none of that name.</summary>
    /// <param name="hostName">The name that was asked for.</param>
    public static NameHolder? Find(IpnPeers peers, string hostName)
    {
        // Of the same tailnet: a machine that another one shares may be called the same there.
        var tailnet = peers.Self?.DnsName is { } own && own.Contains('.') ? own[own.IndexOf('.')..] : null;
        var machine = tailnet is null ? null : peers.Peer?.Values.FirstOrDefault(
            peer => string.Equals(peer.DnsName, hostName + tailnet, StringComparison.OrdinalIgnoreCase));
        return machine is null
            ? null
            : new NameHolder(
                machine.Online,
                machine.LastSeen.Year > 1 ? machine.LastSeen : null,
                peers.Self is { } self && self.UserId == machine.UserId
                    && (self.Tags ?? []).Order(StringComparer.Ordinal).SequenceEqual((machine.Tags ?? []).Order(StringComparer.Ordinal)));
    }
}
