namespace Dovetail.Proxy.Model;

/// <summary>
/// Every limit of a node's listener, chosen on purpose. What is absent is unlimited on purpose: the size of a body in
/// either direction, the time a request or response takes, and how slowly either moves: a slow mobile network is no attack.
/// </summary>
internal sealed record ListenerOptions
{
    /// <summary>Open connections per node, all ports together; more are closed at once. An idle one with TLS costs about 60 KB.</summary>
    public int ConnectionsPerNode { get; init; } = 8192;

    /// <summary>Open connections per address of the tailnet, so that one peer cannot use up the node's.</summary>
    public int ConnectionsPerPeer { get; init; } = 2048;

    /// <summary>How long a connection may take to send its PROXY protocol header. tailscaled sends it at once.</summary>
    public TimeSpan ProxyHeaderTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a handshake that comes before the node has its certificate waits for one.</summary>
    public TimeSpan CertificateWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a TLS handshake may take, <see cref="CertificateWait"/> included.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a request's header may take to arrive (slowloris).</summary>
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an idle keep-alive connection stays; a WebSocket or a response in flight is not idle.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>
    /// How long a client of HTTP may take nothing of an answer before its connection is ended. A browser that pauses a video asks for the rest
    /// when it goes on.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Bytes of a request line, Kestrel's default. More is answered 414.</summary>
    public int RequestLineSize { get; init; } = 8 * 1024;

    /// <summary>Bytes of all request headers together, Kestrel's default. More is answered 431.</summary>
    public int RequestHeadersSize { get; init; } = 32 * 1024;

    /// <summary>Request header fields, Kestrel's default. More are answered 431.</summary>
    public int RequestHeaderCount { get; init; } = 100;

    /// <summary>
    /// Bytes of all response headers of an upstream together, to the kilobyte; more is answered 502. Sixteen times the
    /// client's default, which an application with many long cookies and policies can reach.
    /// </summary>
    public int ResponseHeadersSize { get; init; } = 1024 * 1024;

    /// <summary>
    /// Concurrent HTTP/2 streams per connection. Kestrel itself ends a connection that resets streams in a flood (CVE-2023-44487).
    /// </summary>
    public int Http2Streams { get; init; } = 100;

    /// <summary>
    /// Requests and raw connections of one service that wait for an upstream; more are answered 503 at once. Enough for 250 a second
    /// during the default hold.
    /// </summary>
    public int HeldPerService { get; init; } = 4000;

    /// <summary>How long connecting to an upstream may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an upstream connection may be idle in the pool.</summary>
    public TimeSpan UpstreamIdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a silent request, response, or WebSocket lasts; infinite unless a test shortens it.</summary>
    public TimeSpan ActivityTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>How long a look-up of a peer may take before the peer counts as unknown.</summary>
    public TimeSpan PeerLookupTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a peer's identity is taken from memory; a change on the tailnet takes effect after this.</summary>
    public TimeSpan PeerCacheTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a look-up that failed or found nobody is taken from memory.</summary>
    public TimeSpan PeerFailureCacheTime { get; init; } = TimeSpan.FromSeconds(1);
}
