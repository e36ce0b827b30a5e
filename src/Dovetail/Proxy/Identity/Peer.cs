using Dovetail.Common;

namespace Dovetail.Proxy.Identity;

/// <summary>Who is at the other end of a connection, as the tailnet says.</summary>
internal sealed record Peer
{
    /// <summary>Full tailnet name of the peer's node without a trailing dot; for logs.</summary>
    public required string NodeName { get; init; }

    /// <summary>Null for a tagged device: it acts for no person.</summary>
    public PeerUser? User { get; init; }

    /// <summary>Tags of the peer's node, each with its <c>tag:</c> prefix.</summary>
    public EquatableArray<string> Tags { get; init; }

    /// <summary>Names of the application capabilities that the tailnet's policy grants this peer towards this node.</summary>
    public EquatableArray<string> Capabilities { get; init; }
}
