using System.Text;
using FakeTailscale.Common;
using FakeTailscale.Daemon;
using FakeTailscale.Http;

namespace FakeTailscale.LocalApi;

/// <summary>The LocalAPI: checks of the request head, access rights and the choice of the endpoint.</summary>
internal sealed class LocalApiServer(Backend backend, CertificateStore certificates)
{
    private const string Prefix = "/localapi/v0/";

    private readonly WatchBusEndpoint _bus = new(backend);

    public async Task HandleAsync(HttpExchange exchange)
    {
        HttpRequest request = exchange.Request;
        if (request.Headers.Find("Host") is not { } host)
        {
            exchange.Close = true;
            const string Missing = "400 Bad Request: missing required Host header";
            await exchange.SendRawAsync(Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {Missing}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n{Missing}"));
            return;
        }

        if (request.Path == "/")
        {
            HttpHeaders html = new();
            html.Add("Content-Type", "text/html; charset=utf-8");
            byte[] page = "<html><title>Tailscale</title><body><h1>Tailscale</h1>This is the local Tailscale daemon.\n"u8.ToArray();
            await exchange.SendAsync(200, new HttpHeaders(), page, html);
            return;
        }

        if (host is not ("" or "local-tailscaled.sock")
            || request.Headers.Find("Referer") is not null
            || request.Headers.Find("Origin") is not null)
        {
            HttpHeaders plain = new();
            plain.Add("Content-Type", "text/plain; charset=utf-8");
            plain.Add("X-Content-Type-Options", "nosniff");
            await exchange.SendAsync(403, plain, "invalid localapi request\n"u8.ToArray());
            return;
        }

        PeerCredential peer = PeerCredential.Of(exchange.Socket);
        LocalApiCall call = new(exchange, peer, MayWrite(peer));
        try
        {
            await DispatchAsync(call);
        }
        catch (Exception failure) when (failure is BackendException or StateStoreException)
        {
            await call.SendErrorAsync(500, failure.Message);
        }
    }

    private Task DispatchAsync(LocalApiCall call)
    {
        string path = call.Request.Path;
        if (!path.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return call.SendErrorAsync(404, "404 page not found");
        }

        string name = path[Prefix.Length..];
        return name switch
        {
            "status" => StatusEndpoint.HandleAsync(call, backend),
            "prefs" => PrefsEndpoint.HandleAsync(call, backend),
            "check-prefs" => PrefsEndpoint.CheckAsync(call),
            "start" => LoginEndpoints.StartAsync(call, backend),
            "login-interactive" => LoginEndpoints.LoginInteractiveAsync(call, backend),
            "logout" => LoginEndpoints.LogoutAsync(call, backend),
            "watch-ipn-bus" => _bus.HandleAsync(call),
            "whois" => WhoIsEndpoint.HandleAsync(call, backend),
            "serve-config" => ServeConfigEndpoint.HandleAsync(call, backend),
            "shutdown" => call.SendErrorAsync(403, call.MayWrite ? "shutdown access denied by policy" : "shutdown access denied"),
            _ when name.StartsWith("cert/", StringComparison.Ordinal) =>
                CertificateEndpoint.HandleAsync(call, certificates, Uri.UnescapeDataString(name["cert/".Length..])),
            _ => call.SendErrorAsync(404, "404 page not found"),
        };
    }

    private bool MayWrite(PeerCredential peer) =>
        peer.User == 0
            || peer.User == Native.EffectiveUser()
            || (backend.Snapshot.Prefs.OperatorUser is { Length: > 0 } name && UserNames.Find(name) == peer.User);
}
