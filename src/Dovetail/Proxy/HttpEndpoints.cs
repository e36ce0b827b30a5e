using System.Net;
using System.Text;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Http;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace Dovetail.Proxy;

/// <summary>A node's two HTTP ports, on a Kestrel of its own: each behind <see cref="ConnectionAdmission"/>, every limit set.</summary>
/// <param name="services">The daemon's root container; it has Kestrel's HTTPS services.</param>
internal sealed class HttpEndpoints(
    IServiceProvider services,
    IConnectionListenerFactory transport,
    ConnectionAdmission admission,
    CertificateSlot certificates,
    RequestHandler handler,
    ListenerState state,
    ListenerMetrics metrics,
    ListenerOptions limits,
    TimeProvider time,
    ILoggerFactory loggers)
{
    private KestrelServer? _server;

    /// <summary>Listens; after a failure it may be called again, with other ends.</summary>
    /// <param name="https">The port may be 0: any.</param>
    /// <param name="http">The port may be 0: any.</param>
    /// <returns>Where it listens.</returns>
    /// <exception cref="IOException">It could not listen; <see cref="BindFailure"/> knows what else Kestrel throws then.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<(IPEndPoint Https, IPEndPoint Http)> StartAsync(
        IPEndPoint https, IPEndPoint http, CancellationToken cancellationToken)
    {
        var options = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };
        Limit(options);
        ListenOptions? httpsOptions = null;
        ListenOptions? httpOptions = null;
        options.Listen(https, listen => ConfigureHttps(httpsOptions = listen));
        options.Listen(http, listen => ConfigureHttp(httpOptions = listen));
        var server = new KestrelServer(Options.Create(options), transport, loggers);
        try
        {
            await server.StartAsync(handler, cancellationToken);
        }
        catch
        {
            server.Dispose();
            throw;
        }

        _server = server;
        return (httpsOptions!.IPEndPoint!, httpOptions!.IPEndPoint!);
    }

    /// <summary>Stops accepting, lets requests in flight finish within <paramref name="drain"/>, cuts the rest.</summary>
    public async Task StopAsync(TimeSpan drain)
    {
        if (_server is not null)
        {
            // Without a token this would not return while a WebSocket is open.
            using var cut = new CancellationTokenSource(drain, time);
            await _server.StopAsync(cut.Token);
            _server.Dispose();
        }
    }

    private void ConfigureHttps(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        Admit(listen, isHttps: true);
        listen.Use(next => connection => state.Current.Config.Service.Funnel
            ? AcmeChallenge.OnConnectionAsync(connection, metrics, limits.HandshakeTimeout, time, next)
            : next(connection));
        listen.Use(next => ClosedConnection.Use(next, time));
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = limits.HandshakeTimeout,
            OnConnection = certificates.SelectAsync,
        });
        listen.Use(SecureTransport.Use);
    }

    private void ConfigureHttp(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1;
        Admit(listen, isHttps: false);
    }

    private void Admit(ListenOptions listen, bool isHttps) => listen.Use(next => connection =>
        admission.OnConnectionAsync(connection, isHttps, () => RefusalOf(state.Current.Config, isHttps), next));

    private static RefusalReason? RefusalOf(ListenerConfig config, bool isHttps) => config switch
    {
        { Service.Http: false } => RefusalReason.NoHttp,
        { Https: false } when isHttps => RefusalReason.NoHttps,
        _ => null,
    };

    private void Limit(KestrelServerOptions options)
    {
        options.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
        options.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;

        // ConnectionAdmission counts connections, with reasons.
        options.Limits.MaxConcurrentConnections = null;
        options.Limits.MaxConcurrentUpgradedConnections = null;

        // Bodies of any size, at any speed, in both directions.
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        options.Limits.MinResponseDataRate = null;

        options.Limits.KeepAliveTimeout = limits.KeepAliveTimeout;
        options.Limits.RequestHeadersTimeout = limits.RequestHeadersTimeout;

        // Twice what is allowed: Kestrel refuses without a body, and RequestSize says what was too large (see there).
        options.Limits.MaxRequestLineSize = 2 * limits.RequestLineSize;
        options.Limits.MaxRequestHeadersTotalSize = 2 * limits.RequestHeadersSize;
        options.Limits.MaxRequestHeaderCount = 2 * limits.RequestHeaderCount;
        options.Limits.Http2.MaxRequestHeaderFieldSize = 2 * limits.RequestHeadersSize;

        // Kestrel does not start when the buffer is smaller than either of the first two.
        options.Limits.MaxRequestBufferSize = Math.Max(
            options.Limits.MaxRequestBufferSize ?? 0,
            Math.Max(options.Limits.MaxRequestLineSize, options.Limits.MaxRequestHeadersTotalSize));
        options.Limits.Http2.MaxStreamsPerConnection = limits.Http2Streams;
    }
}
