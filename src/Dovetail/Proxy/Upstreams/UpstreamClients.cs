namespace Dovetail.Proxy.Upstreams;

/// <summary>The HTTP clients of one upstream, each made when it is first asked for.</summary>
internal sealed class UpstreamClients(UpstreamDependencies dependencies, UpstreamAvailability upstream) : IDisposable
{
    private readonly Lazy<UpstreamClient> _pooled = new(() =>
        new UpstreamClient(upstream, dependencies.Options, dependencies.Time, pooled: true));

    private readonly Lazy<UpstreamClient> _unpooled = new(() =>
        new UpstreamClient(upstream, dependencies.Options, dependencies.Time, pooled: false));

    /// <summary>
    /// The client for a request to <paramref name="host"/>. Over TLS the HTTP client keeps a pool for each value of Host, in each
    /// spelling, and visitors choose that freely: only the node's own names are worth keeping connections for. No other name has a
    /// certificate on the node, so what a visitor's browser asks for is one of these.
    /// </summary>
    public UpstreamClient For(HostString host) =>
        !upstream.Address.IsTls || host.Host == upstream.Address.ServerName || host.Host == dependencies.Service
            ? _pooled.Value
            : _unpooled.Value;

    /// <summary>A client for one request over HTTP/1.1.</summary>
    /// <param name="opened">Is given its connection, and gives the one to use.</param>
    /// <returns>The caller's own.</returns>
    public UpstreamClient ForOne(Func<Stream, Stream> opened) =>
        new(upstream, dependencies.Options, dependencies.Time, pooled: false, opened);

    /// <summary>Closes their connections.</summary>
    public void Dispose()
    {
        foreach (var client in (ReadOnlySpan<Lazy<UpstreamClient>>)[_pooled, _unpooled])
        {
            if (client.IsValueCreated)
            {
                client.Value.Dispose();
            }
        }
    }
}
