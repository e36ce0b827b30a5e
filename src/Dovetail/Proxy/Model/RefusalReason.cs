namespace Dovetail.Proxy.Model;

/// <summary>Why a connection was closed before its first request.</summary>
internal enum RefusalReason
{
    /// <summary>It does not come from the node's tailscaled.</summary>
    ForeignProcess,

    /// <summary>It does not start with an acceptable PROXY protocol v2 header.</summary>
    BadProxyHeader,

    /// <summary>Its PROXY protocol header did not come in time.</summary>
    SlowProxyHeader,

    /// <summary>The node has as many connections as it may have, or all nodes together as many as there are descriptors for.</summary>
    TooManyConnections,

    /// <summary>The peer has as many connections as one peer may have.</summary>
    TooManyFromPeer,

    /// <summary>It came to the HTTPS port of a service that serves plain HTTP.</summary>
    NoHttps,

    /// <summary>It came to an HTTP port of a service that serves raw TCP only.</summary>
    NoHttp,

    /// <summary><c>dovetail.allow</c> does not let the peer in (raw TCP).</summary>
    NotAllowed,

    /// <summary>A certificate authority tried its TLS challenge (RFC 8737), which only a service with Funnel gets.</summary>
    AcmeChallenge,

    /// <summary>No upstream came up while the connection was held (raw TCP).</summary>
    NoUpstream,
}

/// <summary>Reasons in the words of the log.</summary>
internal static class RefusalReasonWords
{
    public static string InWords(this RefusalReason reason) => reason switch
    {
        RefusalReason.ForeignProcess => "it is not from this node's tailscaled, but from another process",
        RefusalReason.BadProxyHeader => "it does not begin with a PROXY protocol header",
        RefusalReason.SlowProxyHeader => "its PROXY protocol header did not come in time",
        RefusalReason.TooManyConnections => "there are too many connections (DOVETAIL_CONNECTIONS, ulimit -Hn)",
        RefusalReason.TooManyFromPeer => "there are too many connections of this peer (a quarter of DOVETAIL_CONNECTIONS)",
        RefusalReason.NoHttps => "the service has no HTTPS",
        RefusalReason.NoHttp => "the service has raw TCP only",
        RefusalReason.NotAllowed => "the peer is not allowed",
        RefusalReason.AcmeChallenge => "it is a certificate authority's challenge (acme-tls/1)",
        RefusalReason.NoUpstream => "no container serves it",
        _ => "it is refused",
    };
}
