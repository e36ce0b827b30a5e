using System.Net;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Http;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Microsoft.AspNetCore.Connections;

namespace Dovetail.Proxy;

/// <summary>A node's two HTTP ports, and what the shared server needs to know of the node for each connection.</summary>
internal sealed class HttpEndpoints(
    NodeServer server,
    IConnectionListenerFactory transport,
    ConnectionAdmission admission,
    CertificateSlot certificates,
    RequestHandler handler,
    ListenerState state,
    ListenerMetrics metrics,
    ListenerOptions limits,
    TimeProvider time,
    ILogger logger)
{
    private readonly OpenConnections _connections = new(time);
    private NodePort? _https;
    private NodePort? _http;

    public CertificateSlot Certificates => certificates;

    public RequestHandler Handler => handler;

    /// <summary>Listens; after a failure it may be called again, with other ends.</summary>
    /// <param name="https">The port may be 0: any.</param>
    /// <param name="http">The port may be 0: any.</param>
    /// <returns>Where it listens.</returns>
    /// <exception cref="System.Net.Sockets.SocketException">It could not listen; see <see cref="BindFailure"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<(IPEndPoint Https, IPEndPoint Http)> StartAsync(
        IPEndPoint https, IPEndPoint http, CancellationToken cancellationToken)
    {
        await server.EnsureStartedAsync(cancellationToken);
        try
        {
            _https = await OpenAsync(https, isHttps: true, cancellationToken);
            _http = await OpenAsync(http, isHttps: false, cancellationToken);
            return (_https.EndPoint, _http.EndPoint);
        }
        catch
        {
            await CloseAsync();
            throw;
        }
    }

    /// <summary>Stops accepting, lets requests in flight finish within <paramref name="drain"/>, cuts the rest.</summary>
    public async Task StopAsync(TimeSpan drain)
    {
        await CloseAsync();
        await _connections.CloseAsync(drain);
    }

    /// <summary>For the shared server: serves a connection of this node, until it is closed.</summary>
    public async Task ServeAsync(ConnectionContext connection, bool isHttps, ConnectionDelegate next)
    {
        if (!_connections.TryEnter(connection))
        {
            connection.Abort();
            return;
        }

        StalledClient.EndAfter(connection, limits.StallTimeout);
        try
        {
            var served = isHttps && state.Current.Config.Service.Funnel ? WithoutChallenge(next) : next;
            await admission.OnConnectionAsync(
                connection,
                isHttps,
                () => RefusalOf(state.Current.Config, isHttps),
                isHttps ? served : plain => ConnectionEnd.UseAsync(plain, served));
        }
        finally
        {
            _connections.Leave(connection);
        }
    }

    private static RefusalReason? RefusalOf(ListenerConfig config, bool isHttps) => config switch
    {
        { Service.Http: false } => RefusalReason.NoHttp,
        { Https: false } when isHttps => RefusalReason.NoHttps,
        _ => null,
    };

    private ConnectionDelegate WithoutChallenge(ConnectionDelegate next) =>
        connection => AcmeChallenge.OnConnectionAsync(connection, metrics, limits.HandshakeTimeout, time, next);

    private async Task<NodePort> OpenAsync(IPEndPoint endPoint, bool isHttps, CancellationToken cancellationToken)
    {
        var listener = await transport.BindAsync(endPoint, cancellationToken);
        return new NodePort(listener, connection => server.TryServe(connection, this, isHttps), time, logger);
    }

    private async Task CloseAsync()
    {
        await (_https?.DisposeAsync() ?? default);
        await (_http?.DisposeAsync() ?? default);
        (_https, _http) = (null, null);
    }
}
