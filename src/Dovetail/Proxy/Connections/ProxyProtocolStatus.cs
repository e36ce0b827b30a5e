namespace Dovetail.Proxy.Connections;

/// <summary>What the first bytes of a connection are.</summary>
internal enum ProxyProtocolStatus
{
    /// <summary>The beginning of a header that may become acceptable.</summary>
    Incomplete,

    /// <summary>A complete header.</summary>
    Accepted,

    /// <summary>Nothing that more bytes could make acceptable.</summary>
    Refused,
}
