using System.Net;
using System.Net.Security;
using System.Text;
using System.Threading.Channels;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace Dovetail.Proxy;

/// <summary>
/// The one Kestrel behind all nodes, with every limit set. Its two end points are no addresses: what it accepts comes from the nodes' own
/// ports, and each connection carries its <see cref="HttpEndpoints"/> as a feature. A Kestrel per node would cost a thread and pools each.
/// </summary>
/// <param name="services">The daemon's root container; it has Kestrel's HTTPS services.</param>
internal sealed class NodeServer(IServiceProvider services, ListenerOptions limits, TimeProvider time, ILoggerFactory loggers)
    : IConnectionListenerFactory, IHttpApplication<HttpContext>, IAsyncDisposable
{
    private readonly Accepted _https = new("https");
    private readonly Accepted _http = new("http");
    private readonly SemaphoreSlim _starting = new(1);
    private KestrelServer? _server;

    /// <summary>Starts it, once.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task EnsureStartedAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_server is null)
            {
                // Not to be cancelled by the node that happens to be the first: a start that is broken off would close the two places for good.
                var server = new KestrelServer(Options.Create(Configure()), this, loggers);
                await server.StartAsync(this, CancellationToken.None);
                _server = server;
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Serves a connection that a node's port has accepted.</summary>
    /// <returns>False: the server has stopped.</returns>
    public bool TryServe(ConnectionContext connection, HttpEndpoints node, bool isHttps)
    {
        connection.Features.Set(node);
        return (isHttps ? _https : _http).Writer.TryWrite(connection);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            // The nodes have stopped, so that there is nothing to wait for.
            await _server.StopAsync(new CancellationToken(canceled: true));
            _server.Dispose();
        }

        _starting.Dispose();
    }

    ValueTask<IConnectionListener> IConnectionListenerFactory.BindAsync(EndPoint endpoint, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IConnectionListener>(endpoint == _https.EndPoint ? _https : _http);

    HttpContext IHttpApplication<HttpContext>.CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    async Task IHttpApplication<HttpContext>.ProcessRequestAsync(HttpContext context)
    {
        var http1 = context.Features.Get<Http1Transport>();
        if (http1 is not null)
        {
            http1.BeginRequest(context);
        }
        else if (context.Features.Get<Http2Refusals>() is { } refusals)
        {
            refusals.Begin(context.Features.GetRequiredFeature<IHttp2StreamIdFeature>().StreamId);
        }

        await context.Features.GetRequiredFeature<HttpEndpoints>().Handler.ProcessRequestAsync(context);
        if (http1 is not null)
        {
            await http1.EndContentAsync(context);
        }
    }

    // After Kestrel has written the answer to its end.
    void IHttpApplication<HttpContext>.DisposeContext(HttpContext context, Exception? exception) =>
        context.Features.Get<Http1Transport>()?.EndRequest();

    private static HttpEndpoints NodeOf(BaseConnectionContext connection) => connection.Features.GetRequiredFeature<HttpEndpoints>();

    private KestrelServerOptions Configure()
    {
        var options = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };
        Limit(options);
        var windows = new Http2Windows(options.Limits.Http2);
        options.Listen(_https.EndPoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.Use(static next => connection => NodeOf(connection).ServeAsync(connection, isHttps: true, next));
            listen.Use(next => ClosedConnection.Use(next, time));
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = limits.HandshakeTimeout,
                OnConnection = static handshake => NodeOf(handshake.Connection).Certificates.SelectAsync(handshake),
            });
            listen.Use(SecureTransport.Use);
            listen.Use(next =>
            {
                var http1 = UseHttp1(next);
                var http2 = UseHttp2(next);
                return connection => IsHttp2(connection) ? windows.UseAsync(connection, http2) : http1(connection);
            });
        });
        options.Listen(_http.EndPoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(static next => connection => NodeOf(connection).ServeAsync(connection, isHttps: false, next));
            listen.Use(UseHttp1);
        });
        return options;
    }

    private static bool IsHttp2(ConnectionContext connection) =>
        connection.Features.GetRequiredFeature<ISslStreamFeature>().SslStream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2;

    private static ConnectionDelegate UseHttp2(ConnectionDelegate next) => connection =>
        NodeOf(connection).Handler.LogOfRefusals(connection.Features.GetRequiredFeature<PeerConnection>()) is { } refused
            ? Http2Refusals.UseAsync(connection, refused, next)
            : next(connection);

    private ConnectionDelegate UseHttp1(ConnectionDelegate next) => connection => Http1Transport.UseAsync(
        connection,
        status => NodeOf(connection).Handler.Refuse(connection.Features.GetRequiredFeature<PeerConnection>(), status),
        time,
        next);

    private void Limit(KestrelServerOptions options)
    {
        var target = new TargetEncoding(limits.RequestLineSize);
        options.RequestHeaderEncodingSelector = name => name == ":path" ? target : Encoding.Latin1;
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

    /// <summary>A place that stands for an address, and the connections that wait there for Kestrel.</summary>
    private sealed class Accepted(string name) : IConnectionListener
    {
        private readonly Channel<ConnectionContext> _waiting =
            Channel.CreateUnbounded<ConnectionContext>(new UnboundedChannelOptions { SingleReader = true });

        public EndPoint EndPoint { get; } = new Place(name);

        public ChannelWriter<ConnectionContext> Writer => _waiting.Writer;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await _waiting.Reader.WaitToReadAsync(cancellationToken))
            {
                if (_waiting.Reader.TryRead(out var connection))
                {
                    return connection;
                }
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _waiting.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();

        private sealed class Place(string name) : EndPoint
        {
            public override string ToString() => $"the nodes' {name} ports";
        }
    }
}
