using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Daemon;
using FakeTailscale.Http;
using FakeTailscale.Network;

namespace FakeTailscale.Control;

/// <summary>What daemons and the CLI ask of control, over HTTP.</summary>
internal sealed class ControlApi(Tailnet tailnet, ControlFaults faults)
{
    // Peers come and go in bursts; a node's own news is told at once.
    private static readonly TimeSpan PeerNewsPause = TimeSpan.FromMilliseconds(50);

    public Task HandleAsync(HttpExchange exchange) => faults.Control switch
    {
        ControlBehavior.Error500 => SendAsync(exchange, 500, "internal error\n"),
        ControlBehavior.Hang => Task.Delay(Timeout.Infinite, exchange.WatchForDisconnect()),
        _ => AnswerAsync(exchange),
    };

    private Task AnswerAsync(HttpExchange exchange) => exchange.Request.Path switch
    {
        "/key" => SendAsync(exchange, 200, "{}"),
        "/machine/register" => RegisterAsync(exchange),
        "/machine/map" => MapAsync(exchange),
        "/machine/host" => SetHostAsync(exchange),
        "/machine/set-dns" => SetDnsAsync(exchange),
        "/api/v2/tailnet/-/keys" => CreateKeyAsync(exchange),
        _ => SendAsync(exchange, 404, "404 page not found\n"),
    };

    public static Task SendAsync(HttpExchange exchange, int status, string body, params (string Name, string Value)[] fields)
    {
        HttpHeaders headers = new();
        headers.Add("Content-Type", "text/plain; charset=utf-8");
        foreach ((string name, string value) in fields)
        {
            headers.Add(name, value);
        }

        return exchange.SendAsync(status, headers, Encoding.UTF8.GetBytes(body));
    }

    private async Task RegisterAsync(HttpExchange exchange)
    {
        RegisterRequest request = RegisterRequest.Read(exchange.Request.Body);
        CancellationToken gone = exchange.WatchForDisconnect();
        tailnet.CountAttempt(request.Hostname);
        if (faults.RegisterDelay is var delay && delay > TimeSpan.Zero && !request.Logout)
        {
            await Task.Delay(delay, gone);
        }

        if (faults.RegisterLimit is { } limit && limit.Take())
        {
            (string, string)[] wait = limit.RetryAfter is { } after
                ? [("Retry-After", ((int)after.TotalSeconds).ToString(CultureInfo.InvariantCulture))]
                : [];
            await SendAsync(exchange, 429, "rate limit exceeded\n", wait);
            return;
        }

        RegisterReply reply = await tailnet.RegisterAsync(request, gone);
        await exchange.SendAsync(200, new HttpHeaders(), reply.ToBody());
    }

    private async Task MapAsync(HttpExchange exchange)
    {
        MapRequest request = MapRequest.Read(exchange.Request.Body);
        using CancellationTokenSource poll = CancellationTokenSource.CreateLinkedTokenSource(exchange.WatchForDisconnect());
        if (tailnet.BeginPoll(request, Endpoints(exchange.Socket, request.UnderlayPort), poll) is not { } record)
        {
            await SendAsync(exchange, faults.GoneStatus, "node not found\n");
            return;
        }

        tailnet.SetHostname(request.NodeKey, request.Hostname);
        try
        {
            await exchange.StartStreamAsync(new HttpHeaders());
            int seen = -1;
            do
            {
                (NetworkMap map, int version, Task changed) = tailnet.MapOf(record);
                bool own = version != seen;
                seen = version;
                await exchange.SendChunkAsync(Json.Line(map.Write));
                if (!request.Stream || record.IsDeleted)
                {
                    break;
                }

                await changed.WaitAsync(poll.Token);
                if (!own || !tailnet.IsNewer(record, version))
                {
                    await PauseAsync(record, version, poll.Token);
                }
            }
            while (!poll.IsCancellationRequested);

            await exchange.EndStreamAsync();
        }
        catch (OperationCanceledException)
        {
            // The node is gone, or another daemon took its place.
        }
        finally
        {
            tailnet.EndPoll(record, poll);
        }
    }

    private async Task PauseAsync(NodeRecord record, int version, CancellationToken cancellation)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!tailnet.IsNewer(record, version) && TimeProvider.System.GetElapsedTime(start) < PeerNewsPause)
        {
            await Task.Delay(10, cancellation);
        }
    }

    private async Task SetHostAsync(HttpExchange exchange)
    {
        using JsonDocument body = JsonDocument.Parse(exchange.Request.Body);
        tailnet.SetHostname(body.RootElement.Text("key"), body.RootElement.Text("host"));
        await SendAsync(exchange, 200, "");
    }

    private Task SetDnsAsync(HttpExchange exchange) =>
        faults.SetDnsError is { } error ? SendAsync(exchange, 500, error + "\n") : SendAsync(exchange, 200, "");

    private async Task CreateKeyAsync(HttpExchange exchange)
    {
        using JsonDocument body = JsonDocument.Parse(exchange.Request.Body);
        JsonElement root = body.RootElement;
        string? key = tailnet.CreateKey(root.Text("secret"), root.Texts("tags"), root.IsTrue("ephemeral"), root.IsTrue("preauthorized"));
        await (key is null
            ? SendAsync(exchange, 403, "{\"message\":\"API token invalid\"}\n")
            : SendAsync(exchange, 200, $"{{\"key\":\"{key}\"}}"));
    }

    /// <summary>Where peers reach a daemon: the address from which it came.</summary>
    private static string[] Endpoints(Socket socket, int port)
    {
        IPAddress address = ((IPEndPoint)socket.RemoteEndPoint!).Address;
        return [new IPEndPoint(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port).ToString()];
    }
}
