using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Http;

/// <summary>Requests to go on in another protocol (RFC 9110, section 7.8), as <c>docker exec</c> and <c>kubectl exec</c> make them.</summary>
public sealed class ProtocolUpgradeTests
{
    // The Engine's client sends a POST with content; others a GET or an empty POST.
    [Theory]
    [InlineData(true, "POST /exec/1/start HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 4\r\n\r\n{..}")]
    [InlineData(false, "POST /exec/1/start HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 4\r\n\r\n{..}")]
    [InlineData(true, "POST /attach HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(true, "POST /attach HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")]
    [InlineData(true, "POST /x HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{..}\r\n0\r\n\r\n")]
    [InlineData(true, "GET /ts2021 HTTP/1.1\r\nHost: web\r\nConnection: keep-alive, upgrade\r\nUpgrade: tailscale-control-protocol\r\n\r\n")]
    [InlineData(true, "POST /exec HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n\r\n")]
    public async Task Bytes_go_both_ways_and_the_end_of_one_direction_leaves_the_other(bool tls, string request)
    {
        var hasContent = request.Contains("{..}", StringComparison.Ordinal);
        using var upstream = new RawUpstream(async (stream, head) =>
        {
            if (hasContent)
            {
                await ReadContentAsync(stream, head);
            }

            var protocol = head.Split("Upgrade: ")[^1].Split("\r\n")[0];
            await SayAsync(stream, $"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\nX-Of: app\r\n\r\nwelcome\n");

            // Says its last word only when the client has said its own.
            var said = await RawHttp.ReadToEndAsync(stream);
            await SayAsync(stream, $"you said {said}");
        });
        await using var listener = await TestListener.StartAsync(upstream.Service, https: tls);
        await using Stream stream = tls ? await listener.ConnectTlsAsync() : await listener.ConnectAsync(listener.Listener.Ports.Http);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), Token);
        var head = await RawHttp.ReadUntilAsync(stream, "welcome\n");

        // Nothing of it is HTTP any more.
        await stream.WriteAsync("GET /ä HTTP/1.1\r\nContent-Length: +1\r\n\r\n\0\n"u8.ToArray(), Token);
        await EndAsync(stream);
        var rest = await RawHttp.ReadToEndAsync(stream);

        Assert.StartsWith("HTTP/1.1 101 ", head);
        Assert.Contains("\r\nX-Of: app\r\n", head);
        Assert.Contains("\r\nUpgrade: ", head);
        Assert.Contains("\r\nConnection: Upgrade\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.Equal($"you said {Encoding.Latin1.GetString("GET /ä HTTP/1.1\r\nContent-Length: +1\r\n\r\n\0\n"u8)}", rest);
        Assert.StartsWith(request.Split(' ')[0] + " ", upstream.Line);
        await Eventually.TrueAsync(() => listener.Metrics is { ActiveRequests: 0, FailedRequests: 0 });
    }

    [Fact]
    public async Task The_upstreams_end_ends_the_tunnel_whether_or_not_the_client_has_ended()
    {
        using var upstream = new RawUpstream(static head => "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nall there is");
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using var stream = await listener.ConnectTlsAsync();

        var received = await RawHttp.ExchangeAsync(
            stream, "POST /attach HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 2\r\n\r\nhi");

        Assert.EndsWith("\r\n\r\nall there is", received);
    }

    [Fact]
    public async Task A_client_that_vanishes_ends_the_tunnel_though_the_upstream_is_silent()
    {
        var ended = new TaskCompletionSource();
        using var upstream = new RawUpstream(async (stream, head) =>
        {
            await SayAsync(stream, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nwelcome\n");

            // As a container does whose output somebody watches: that nothing more comes in is no reason to end.
            await RawHttp.ReadToEndAsync(stream);
            await ended.Task.WaitAsync(Token);
        });
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using (var stream = await listener.ConnectTlsAsync())
        {
            await stream.WriteAsync(
                "POST /attach HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 2\r\n\r\nhi"u8.ToArray(), Token);
            await RawHttp.ReadUntilAsync(stream, "welcome\n");
            Assert.Equal(1, listener.Metrics.ActiveRequests);
        }

        await Eventually.TrueAsync(() => listener.Metrics is { ActiveRequests: 0, ActiveConnections: 0 });
        ended.SetResult();
    }

    [Fact]
    public async Task A_refused_upgrade_is_an_ordinary_answer_and_the_connection_goes_on()
    {
        using var upstream = new RawUpstream(static head => head.StartsWith("POST", StringComparison.Ordinal)
            ? "HTTP/1.1 409 Conflict\r\nContent-Length: 7\r\nConnection: close\r\n\r\nstopped"
            : RawUpstream.Echo(head));
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using var stream = await listener.ConnectTlsAsync();

        await stream.WriteAsync(
            "POST /exec HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), Token);
        var refused = await RawHttp.ReadUntilAsync(stream, "stopped");
        var next = await RawHttp.ExchangeAsync(stream, "GET /next HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 409 Conflict\r\n", refused);
        Assert.Contains("GET /next HTTP/1.1", next);
    }

    // Such an application would from then on be sent requests that nobody has looked at, with any identity.
    [Theory]
    [InlineData("h2c", null)]
    [InlineData("HTTP/2.0", null)]
    [InlineData("TLS/1.2", null)]
    [InlineData("h2c, tcp", "tcp")]
    public async Task Another_version_of_HTTP_is_never_asked_of_an_application(string offered, string? passed)
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using var stream = await listener.ConnectTlsAsync();

        var answer = await RawHttp.ExchangeAsync(
            stream, $"GET / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade, HTTP2-Settings, close\r\nHTTP2-Settings: AAMAAABk\r\nUpgrade: {offered}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200", answer);
        var head = Assert.Single(upstream.Heads);
        Assert.DoesNotContain("HTTP2-Settings", head);
        Assert.Equal(passed, head.Contains("Upgrade: ", StringComparison.Ordinal) ? head.Split("Upgrade: ")[1].Split("\r\n")[0] : null);
    }

    [Fact]
    public async Task A_stop_of_the_listener_ends_a_tunnel_after_the_drain()
    {
        using var upstream = new RawUpstream(async (stream, head) =>
        {
            await SayAsync(stream, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nwelcome\n");
            await RawHttp.ReadToEndAsync(stream);
        });
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using var stream = await listener.ConnectTlsAsync();
        await stream.WriteAsync(
            "POST /exec HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 2\r\n\r\nhi"u8.ToArray(), Token);
        await RawHttp.ReadUntilAsync(stream, "welcome\n");

        await listener.Listener.StopAsync(TimeSpan.FromMilliseconds(100)).WaitAsync(TimeSpan.FromSeconds(20), Token);

        await Eventually.TrueAsync(() => listener.Metrics.ActiveRequests == 0);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task ReadContentAsync(Stream stream, string head)
    {
        if (head.Contains("chunked", StringComparison.Ordinal))
        {
            await RawHttp.ReadUntilAsync(stream, "0\r\n\r\n");
        }
        else
        {
            await stream.ReadExactlyAsync(new byte[4], Token);
        }
    }

    private static async Task SayAsync(Stream stream, string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text), Token);

    private static async Task EndAsync(Stream stream)
    {
        switch (stream)
        {
            case SslStream tls:
                await tls.ShutdownAsync();
                break;
            case NetworkStream plain:
                plain.Socket.Shutdown(SocketShutdown.Send);
                break;
        }
    }
}
