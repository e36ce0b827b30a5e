using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Identity;

/// <summary>The attack matrix: every way to claim an identity, over every protocol, for every kind of peer.</summary>
public sealed class ForgedIdentityTests
{
    private const string Forged = "root@example.com";

    private static readonly string[] Spellings =
    [
        "Tailscale-User-Login", "tailscale-user-login", "TAILSCALE-USER-LOGIN",
        "Tailscale_User_Login", "tailscale_user-login", "Tailscale.User.Login",
        "Tailscale-User-Name", "Tailscale-User-Profile-Pic", "Tailscale-App-Capabilities", "Tailscale-Headers-Info",
        "X-Tailscale-User", "X_Tailscale_User", "X-Tailscale-Login", "X-Tailscale-Name", "X-Tailscale-Tailnet",
        "X-Forwarded-For", "X_Forwarded_For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-User", "X-Forwarded-Email",
        "Forwarded", "X-Real-IP", "X_Real_IP",
        "Remote-User", "REMOTE_USER", "X-Remote-User", "X-Auth-Request-User", "X-Authentik-Username", "X-WEBAUTH-USER", "X-SSL-Client-S-DN",
        "X-Client-IP",
    ];

    private static readonly string[] Protocols = ["HTTP/1.1", "HTTP/2", "WebSocket"];
    private static readonly string[] Peers = ["user", "tagged", "down", "unknown"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Matrix => [.. from protocol in Protocols from peer in Peers select (protocol, peer)];

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task The_container_never_sees_a_forged_or_removed_identity(string protocol, string peer)
    {
        await using var upstream = await TestUpstream.StartAsync(HeadersOrWebSocketAsync);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), Directory(peer));

        // Each spelling alone, named in Connection too where the protocol has it, and all together.
        string[][] attempts = [.. Spellings.Select(name => new[] { name }), Spellings];
        foreach (var names in attempts)
        {
            var seen = protocol switch
            {
                "HTTP/1.1" => await OverHttp1Async(listener, names),
                "HTTP/2" => await OverHttp2Async(listener, names),
                _ => await OverWebSocketAsync(listener, names),
            };

            AssertGenuine(seen, peer, names);
        }
    }

    [Fact]
    public async Task Forged_trailers_go_no_further()
    {
        var trailers = new TaskCompletionSource<string>();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, Token);
            trailers.TrySetResult(
                context.Request.CheckTrailersAvailable() ? context.Request.GetTrailer("Tailscale-User-Login").ToString() : "");
        });
        await using var listener = await TestListener.StartAsync(
            TestListener.Service(upstream), FakeDirectory.Knowing(FakeDirectory.Tagged));
        await using var stream = await listener.ConnectTlsAsync();

        await RawHttp.ExchangeAsync(
            stream,
            "POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: Tailscale-User-Login\r\n\r\n"
                + $"1\r\nx\r\n0\r\nTailscale-User-Login: {Forged}\r\n\r\n");

        Assert.Equal("", await trailers.Task);
    }

    [Fact]
    public async Task With_identity_off_nothing_is_set_and_forged_headers_are_still_removed()
    {
        await using var upstream = await TestUpstream.StartAsync(Echo.HeadersAsync);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream) with { Identity = false });

        var seen = await OverHttp1Async(listener, Spellings);

        Assert.DoesNotContain(seen.Keys, name => name.Contains("tailscale", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("100.64.0.7", seen["X-Forwarded-For"]);
        Assert.Equal(0, listener.Directory.Lookups);
    }

    [Fact]
    public async Task A_name_beyond_ascii_is_encoded()
    {
        var peer = FakeDirectory.Ada with { User = FakeDirectory.Ada.User! with { Name = "Zoë\r\nX-Admin: 1" } };
        await using var upstream = await TestUpstream.StartAsync(Echo.HeadersAsync);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), FakeDirectory.Knowing(peer));
        using var client = listener.Client();

        var seen = await Echo.ReadAsync(client, "/");

        Assert.Equal("=?utf-8?q?Zo=C3=AB=0D=0AX-Admin:_1?=", seen["Tailscale-User-Name"]);
        Assert.DoesNotContain("X-Admin", seen.Keys);
    }

    private static void AssertGenuine(Dictionary<string, string> seen, string peer, string[] forged)
    {
        Assert.DoesNotContain(seen.Values, value => value.Contains("root", StringComparison.Ordinal));
        Assert.Equal("100.64.0.7", seen["X-Forwarded-For"]);
        Assert.Equal("100.64.0.7", seen["X-Real-IP"]);
        Assert.Equal("https", seen["X-Forwarded-Proto"]);
        var identity = seen
            .Where(header => header.Key.Contains("tailscale", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(StringComparer.OrdinalIgnoreCase);
        if (peer == "user")
        {
            Assert.True(identity.Count == 7, $"{string.Join(", ", forged)}: {string.Join(", ", identity.Keys)}");
            Assert.Equal("ada@example.com", identity["Tailscale-User-Login"]);
            Assert.Equal("ada@example.com", identity["X-Tailscale-User"]);
        }
        else
        {
            Assert.Empty(identity);
        }
    }

    private static FakeDirectory Directory(string peer) => peer switch
    {
        "user" => FakeDirectory.Knowing(FakeDirectory.Ada),
        "tagged" => FakeDirectory.Knowing(FakeDirectory.Tagged),
        "unknown" => FakeDirectory.Knowing(null),
        _ => FakeDirectory.Down(),
    };

    private static async Task HeadersOrWebSocketAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await Echo.HeadersAsync(context);
            return;
        }

        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString());
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        await socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(headers), WebSocketMessageType.Text, true, Token);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Token);
    }

    private static async Task<Dictionary<string, string>> OverHttp1Async(TestListener listener, string[] names)
    {
        await using var stream = await listener.ConnectTlsAsync();
        var request = new StringBuilder("GET / HTTP/1.1\r\nHost: web\r\n");
        foreach (var name in names)
        {
            request.Append($"{name}: {Forged}\r\n{name}: {Forged}\r\n");
        }

        request.Append($"Connection: close, {string.Join(", ", names)}\r\nConnection: Tailscale-User-Login, X-Forwarded-For\r\n\r\n");
        var answer = await RawHttp.ExchangeAsync(stream, request.ToString());
        return Parse(answer[answer.IndexOf('{', StringComparison.Ordinal)..(answer.LastIndexOf('}') + 1)]);
    }

    private static async Task<Dictionary<string, string>> OverHttp2Async(TestListener listener, string[] names)
    {
        using var client = listener.Client(HttpVersion.Version20);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        foreach (var name in names)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, Forged));
        }

        using var response = await client.SendAsync(request, Token);
        return Parse(await response.Content.ReadAsStringAsync(Token));
    }

    private static async Task<Dictionary<string, string>> OverWebSocketAsync(TestListener listener, string[] names)
    {
        using var invoker = listener.Client();
        using var socket = new ClientWebSocket();
        foreach (var name in names)
        {
            socket.Options.SetRequestHeader(name, Forged);
        }

        await socket.ConnectAsync(new Uri($"wss://{TestListener.HostName}/"), invoker, Token);
        var buffer = new byte[16 * 1024];
        var length = 0;
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(length), Token);
            length += received.Count;
            if (received.EndOfMessage)
            {
                return Parse(Encoding.UTF8.GetString(buffer, 0, length));
            }
        }
    }

    private static Dictionary<string, string> Parse(string json) =>
        new(JsonSerializer.Deserialize<Dictionary<string, string>>(json)!, StringComparer.OrdinalIgnoreCase);
}
