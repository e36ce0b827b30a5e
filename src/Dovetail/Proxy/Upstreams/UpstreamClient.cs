using System.Net;
using System.Net.Sockets;
using System.Text;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;
using Yarp.ReverseProxy.Forwarder;

namespace Dovetail.Proxy.Upstreams;

/// <summary>An HTTP client of one upstream: it passes on and adds nothing of its own.</summary>
internal sealed class UpstreamClient : IDisposable
{
    /// <param name="pooled">False: HTTP/1.1, and each connection serves one request.</param>
    /// <param name="opened">Is given each connection, and gives the one to use.</param>
    public UpstreamClient(
        UpstreamAvailability upstream, ListenerOptions options, TimeProvider time, bool pooled, Func<Stream, Stream>? opened = null)
    {
        Invoker = new HttpMessageInvoker(
            new UnbufferedHandler(new SocketsHttpHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                ActivityHeadersPropagator = null,
                EnableMultipleHttp2Connections = true,
                PooledConnectionIdleTimeout = options.UpstreamIdleTimeout,
                PooledConnectionLifetime = pooled ? Timeout.InfiniteTimeSpan : TimeSpan.Zero,
                MaxResponseHeadersLength = options.ResponseHeadersSize / 1024,

                // Covers the TLS handshake too; the TCP connection has its own, shorter limit.
                ConnectTimeout = options.ConnectTimeout * 2,

                // Header bytes pass as they are: Kestrel reads and writes Latin-1 as well.
                RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
                ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
                ConnectCallback = async (context, cancellationToken) =>
                {
                    var stream = await ConnectAsync(upstream, context.InitialRequestMessage.Version, cancellationToken);
                    return opened is null ? stream : opened(stream);
                },
            }, time),
            disposeHandler: true);

        var scheme = upstream.Address.Scheme;
        RequestConfig = new ForwarderRequestConfig
        {
            ActivityTimeout = options.ActivityTimeout,
            AllowResponseBuffering = false,

            // A connection of HTTP/2 that no pool knows would stay until the container ends it.
            Version = scheme == UpstreamScheme.Http || !pooled ? HttpVersion.Version11 : HttpVersion.Version20,

            // There is no ALPN in cleartext: HTTP/2 has to be asked for.
            VersionPolicy = scheme == UpstreamScheme.H2c ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower,
        };
    }

    public HttpMessageInvoker Invoker { get; }

    public ForwarderRequestConfig RequestConfig { get; }

    public void Dispose() => Invoker.Dispose();

    private static async ValueTask<Stream> ConnectAsync(UpstreamAvailability upstream, Version version, CancellationToken cancellationToken)
    {
        var stream = new NetworkStream(await upstream.ConnectAsync(cancellationToken), ownsSocket: true);
        return upstream.Address.IsTls
            ? await UpstreamTls.AuthenticateAsync(stream, upstream.Address, version, cancellationToken)
            : stream;
    }
}
