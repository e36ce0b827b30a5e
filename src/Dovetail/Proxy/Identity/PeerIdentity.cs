namespace Dovetail.Proxy.Identity;

/// <summary>What a look-up of a peer gave.</summary>
internal sealed class PeerIdentity
{
    /// <summary>The directory knows nobody there: a Funnel visitor, or a peer that has just left.</summary>
    public static readonly PeerIdentity Unknown = new(null, failed: false);

    /// <summary>The directory did not answer.</summary>
    public static readonly PeerIdentity LookupFailed = new(null, failed: true);

    public PeerIdentity(Peer? peer, bool failed = false)
    {
        Peer = peer;
        Failed = failed;
        Headers = IdentityHeaders.For(peer?.User);
    }

    public Peer? Peer { get; }

    public bool Failed { get; }

    /// <summary>As the log names it: the login, of a tagged device its name.</summary>
    public string Who => Peer?.User?.Login ?? Peer?.NodeName ?? "unknown";

    /// <summary>Headers that tell the upstream about the peer; empty for tagged devices and unknown peers.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }
}
