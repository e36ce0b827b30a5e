using System.Globalization;
using System.Text;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary><c>dovetail.forwarded</c> through real peers, one of which is a proxy of one's own in front.</summary>
[Collection(ListenerTests.Name)]
public sealed class ForwardedTests(ListenerFixture fixture)
{
    private const string Chain = "203.0.113.9, 198.51.100.2";

    private static readonly (string Name, string Value)[] Sent =
    [
        ("x-forwarded-for", Chain), ("x-forwarded-host", "photos.example.com"), ("x-forwarded-proto", "http"), ("x-forwarded-port", "8080"),
        ("forwarded", "for=203.0.113.9, for=198.51.100.2;host=photos.example.com;proto=http"), ("x-real-ip", "192.0.2.66"),
        ("x_forwarded_for", "192.0.2.66"), ("x-forwarded-user", "root"), ("tailscale-user-login", "root@example.com"),
        ("remote-user", "root"),
    ];

    private int _count;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = 300_000)]
    [InlineData("http/1.1")]
    [InlineData("h2")]
    [InlineData("websocket")]
    public async Task A_trusted_proxy_is_passed_on_with_its_address_behind(string protocol)
    {
        var proxy = fixture.Tagged;

        var request = await AskAsync(protocol, proxy, ListenerFixture.Behind);

        Assert.Equal($"{Chain}, {proxy.Address}", request.Value("X-Forwarded-For"));
        Assert.Equal("photos.example.com", request.Value("X-Forwarded-Host"));
        Assert.Equal(("http", "8080"), (request.Value("X-Forwarded-Proto"), request.Value("X-Forwarded-Port")));
        Assert.Equal("198.51.100.2", request.Value("X-Real-IP"));
        Assert.Equal(
            "for=203.0.113.9, for=198.51.100.2;host=photos.example.com;proto=http, "
                + $"for={proxy.Address};host={ListenerFixture.Behind};proto=https",
            request.Value("Forwarded"));
        Assert.DoesNotContain("192.0.2.66", request.Head, StringComparison.Ordinal);
        Assert.DoesNotContain("root", request.Head, StringComparison.Ordinal);
        Assert.Equal(ListenerFixture.Behind, request.Value("Host"));
    }

    [Theory(Timeout = 300_000)]
    [InlineData("http/1.1")]
    [InlineData("h2")]
    [InlineData("websocket")]
    public async Task Whoever_else_is_believed_nothing_and_so_is_everybody_while_whois_is_down(string protocol)
    {
        AssertSet(fixture.Alice, await AskAsync(protocol, fixture.Alice, ListenerFixture.Behind));
        AssertSet(fixture.Bob, await AskAsync(protocol, fixture.Bob, ListenerFixture.Behind));
        AssertSet(fixture.Tagged, await AskAsync(protocol, fixture.Tagged, "open"));
        if (fixture.CanBlind)
        {
            AssertSet(fixture.Tagged, await AskAsync(protocol, fixture.Tagged, ListenerFixture.BlindBehind));
        }
    }

    [Theory(Timeout = 300_000)]
    [InlineData("http/1.1")]
    [InlineData("h2")]
    [InlineData("websocket")]
    public async Task Off_the_container_is_told_nothing_of_the_way(string protocol)
    {
        var request = await AskAsync(protocol, fixture.Alice, ListenerFixture.Unsaid);

        Assert.DoesNotContain(
            request.Fields.Select(field => field.Key.Replace('_', '-')),
            name => name.Contains("forwarded", StringComparison.OrdinalIgnoreCase)
                || name.Contains("real-ip", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(fixture.Alice.Login, request.Value("Tailscale-User-Login"));
    }

    // Which it has to be told, and which differs from one deployment to the next.
    [Fact(Timeout = 300_000)]
    public async Task Status_says_from_which_address_the_container_sees_requests()
    {
        var status = await fixture.Daemon.CommandAsync(["status", "open"], Token);

        // Both are in the host's network.
        Assert.Contains("seen from    127.0.0.1", status.MustSucceed().Stdout, StringComparison.Ordinal);
    }

    private static void AssertSet(TailnetPeer peer, RawRequest request)
    {
        Assert.Equal((peer.Address, peer.Address), (request.Value("X-Forwarded-For"), request.Value("X-Real-IP")));
        Assert.Equal(("https", request.Value("Host")), (request.Value("X-Forwarded-Proto"), request.Value("X-Forwarded-Host")));
        Assert.Equal((null, null), (request.Value("X-Forwarded-Port"), request.Value("Forwarded")));
        Assert.DoesNotContain("203.0.113.9", request.Head, StringComparison.Ordinal);
    }

    private async Task<RawRequest> AskAsync(string protocol, TailnetPeer peer, string service)
    {
        var number = Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
        var mark = $"/forwarded-{number}-{protocol}-{service}-{peer.Address}";
        if (protocol == "h2")
        {
            await using var connection = await RawHttp2.StartAsync(await peer.SecureAsync(peer.NameOf(service), Token, "h2"));
            await connection.SendHeadersAsync(1, RawHttp2.Block(RawHttp2.Request(mark, service, Sent)));
            await connection.ReadUntilAsync(frame => frame.Stream == 1 && (frame.Flags & Http2Frame.EndStream) != 0);
        }
        else
        {
            var upgrade = protocol == "websocket"
                ? "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                : "Connection: close\r\n";
            await using var stream = await peer.SecureAsync(peer.NameOf(service), Token);
            var fields = string.Concat(Sent.Select(field => $"{field.Name}: {field.Value}\r\n"));
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {mark} HTTP/1.1\r\nHost: {service}\r\n{fields}{upgrade}\r\n"), Token);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            await reader.ReadToEndAsync(Token);
        }

        return fixture.Upstream.Requests.Single(request => request.Target == mark);
    }
}
