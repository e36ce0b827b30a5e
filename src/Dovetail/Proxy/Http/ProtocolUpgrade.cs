using System.Net.Security;
using System.Net.Sockets;
using Dovetail.Common;
using Dovetail.Proxy.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Http;

/// <summary>
/// A request to go on in another protocol (RFC 9110, section 7.8), such as <c>docker exec</c> makes: after the answer 101 both sides send
/// what they like. The forwarder knows WebSocket and SPDY only, and Kestrel upgrades no request that has content; in the place of Kestrel's
/// feature this one upgrades them all.
/// </summary>
internal sealed class ProtocolUpgrade : IHttpUpgradeFeature
{
    // Another version of HTTP, or TLS, is the hop's own matter. An application that took it from a client would from then on be sent
    // requests that nobody has looked at, with any identity.
    private static readonly string[] OfTheHop = ["http", "h2", "h2c", "h3", "tls"];

    private readonly HttpContext _context;
    private readonly IHttpUpgradeFeature? _server;
    private Stream? _upstream;

    private ProtocolUpgrade(HttpContext context, string protocols)
    {
        _context = context;
        Protocols = protocols;
        _server = context.Features.Get<IHttpUpgradeFeature>();
        context.Features.Set<IHttpUpgradeFeature>(this);
    }

    /// <summary>What the client offers, as in <c>Upgrade</c>.</summary>
    public string Protocols { get; }

    // For the forwarder, which would make GET of every method.
    bool IHttpUpgradeFeature.IsUpgradableRequest => false;

    /// <returns>Null: the request asks for nothing of the kind, or for what the forwarder does by itself.</returns>
    public static ProtocolUpgrade? Use(HttpContext context)
    {
        var request = context.Request;
        if (request.Headers.Upgrade.Count == 0
            || !HttpProtocol.IsHttp11(request.Protocol)
            || !ConnectionOptions.In(request.Headers.Connection).Contains("upgrade", StringComparer.OrdinalIgnoreCase))
        {
            return null;
        }

        var protocols = string.Join(
            ", ", request.Headers.Upgrade.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(static protocol => !OfTheHop.Contains(protocol.Split('/')[0], StringComparer.OrdinalIgnoreCase)));
        var isWebSocket = protocols.Equals("websocket", StringComparison.OrdinalIgnoreCase) && HttpMethods.IsGet(request.Method);
        return protocols.Length == 0 || isWebSocket ? null : new ProtocolUpgrade(context, protocols);
    }

    /// <summary>Notes the connection to the upstream, which carries the end of what the client sends.</summary>
    public Stream Connected(Stream upstream) => _upstream = upstream;

    public async Task<Stream> UpgradeAsync()
    {
        _context.Features.Get<ConnectionEnd>()?.BecomeTunnel();
        if (_server is { IsUpgradableRequest: true })
        {
            var stream = await _server.UpgradeAsync();
            return new TunnelStream(stream, stream, EndUpstreamAsync);
        }

        // The request's content has gone to the upstream as a whole; what comes next on the connection is the tunnel's.
        var response = _context.Response;
        response.StatusCode = StatusCodes.Status101SwitchingProtocols;
        if (response.Headers.Connection.Count == 0)
        {
            response.Headers.Connection = "Upgrade";
        }

        await response.Body.FlushAsync(_context.RequestAborted);
        var input = _context.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport.Input;
        return new TunnelStream(input.AsStream(leaveOpen: true), response.Body, EndUpstreamAsync);
    }

    private async Task EndUpstreamAsync()
    {
        switch (_upstream)
        {
            case SslStream tls:
                await tls.ShutdownAsync();
                break;
            case NetworkStream stream:
                stream.Socket.Shutdown(SocketShutdown.Send);
                break;
        }
    }
}
