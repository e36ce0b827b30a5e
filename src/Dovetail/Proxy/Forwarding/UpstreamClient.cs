using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Dovetail.Services;
using Yarp.ReverseProxy.Forwarder;

namespace Dovetail.Proxy.Forwarding;

/// <summary>The HTTP client of one upstream: it passes on and adds nothing of its own.</summary>
internal static class UpstreamClient
{
    public static HttpMessageInvoker Create(UpstreamTarget target, ListenerLimits limits)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = limits.UpstreamIdleTimeout,

            // Covers the TLS handshake too; the TCP connection has its own, shorter limit.
            ConnectTimeout = limits.ConnectTimeout * 2,

            // Header bytes pass as they are: Kestrel reads and writes Latin-1 as well.
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ConnectCallback = async (_, cancellationToken) =>
                new NetworkStream(await target.ConnectAsync(cancellationToken).ConfigureAwait(false), ownsSocket: true),
        };
        if (target.Address.Scheme == UpstreamScheme.HttpsInsecure)
        {
#pragma warning disable CA5359 // What `https+insecure` asks for: self-signed upstreams on a Docker network.
            handler.SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true };
#pragma warning restore CA5359
        }

        return new HttpMessageInvoker(new UnbufferedHandler(handler), disposeHandler: true);
    }

    public static ForwarderRequestConfig RequestConfig(UpstreamScheme scheme, ListenerLimits limits) => new()
    {
        ActivityTimeout = limits.ActivityTimeout,
        AllowResponseBuffering = false,
        Version = scheme == UpstreamScheme.Http ? HttpVersion.Version11 : HttpVersion.Version20,

        // There is no ALPN in cleartext: HTTP/2 has to be meant.
        VersionPolicy = scheme == UpstreamScheme.H2c ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower,
    };
}
