using System.Net;
using System.Text;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Http;

/// <summary><c>dovetail.forwarded</c>: what the container is told of the way of a request, and on whose word.</summary>
public sealed class ForwardedTests
{
    private const string Sent =
        "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: photos.example.com\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: 8080\r\n"
        + "Forwarded: for=203.0.113.9;proto=http;host=photos.example.com\r\nX-Real-IP: 192.0.2.66\r\n"
        + "X_Forwarded_For: 192.0.2.66\r\nX-Forwarded-User: root\r\nX-Forwarded-Prefix: /x\r\nTailscale-User-Login: root\r\n"
        + "Remote-User: root\r\n";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_is_trusted_is_passed_on_with_its_own_address_and_nothing_else_of_what_it_claims()
    {
        var said = await SeenAsync(Trusting("tag:ci"), FakeDirectory.Knowing(FakeDirectory.Tagged));

        Assert.Equal(
            [
                "Forwarded: for=203.0.113.9;host=photos.example.com;proto=http, for=100.64.0.7;host=web;proto=https",
                "X-Forwarded-For: 203.0.113.9, 100.64.0.7",
                "X-Forwarded-Host: photos.example.com",
                "X-Forwarded-Port: 8080",
                "X-Forwarded-Proto: http",
                "X-Real-IP: 203.0.113.9",
            ],
            said);
    }

    [Theory]
    [InlineData("ada@example.com")]
    [InlineData("*@example.com")]
    [InlineData("cap:example.com/cap/admin")]
    public async Task A_person_may_be_trusted_too_and_stays_who_the_tailnet_says(string from)
    {
        var said = await SeenAsync(Trusting(from), FakeDirectory.Knowing(FakeDirectory.Ada));

        Assert.Contains("X-Forwarded-For: 203.0.113.9, 100.64.0.7", said);
        Assert.Contains("Tailscale-User-Login: ada@example.com", said);
        Assert.DoesNotContain(said, field => field.Contains("root", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("other", "tag:ci")]
    [InlineData("unknown", "tag:ci,ada@example.com,*@example.com,cap:example.com/cap/admin")]
    [InlineData("down", "tag:ci,ada@example.com,*@example.com,cap:example.com/cap/admin")]
    public async Task Whoever_is_not_or_cannot_be_known_is_believed_nothing(string who, string from)
    {
        var directory = who switch
        {
            "other" => FakeDirectory.Knowing(FakeDirectory.Ada),
            "unknown" => FakeDirectory.Knowing(null),
            _ => FakeDirectory.Down(),
        };

        AssertSet(await SeenAsync(Trusting(from), directory));
    }

    [Fact]
    public async Task With_identity_off_the_proxy_is_looked_up_all_the_same()
    {
        var said = await SeenAsync(Trusting("ada@example.com") with { Identity = false }, FakeDirectory.Knowing(FakeDirectory.Ada));

        Assert.Contains("X-Forwarded-For: 203.0.113.9, 100.64.0.7", said);
        Assert.DoesNotContain(said, field => field.Contains("Tailscale", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_rule_nobody_is_trusted() =>
        AssertSet(await SeenAsync(Service with { Forwarded = ForwardedMode.Trust }, FakeDirectory.Knowing(FakeDirectory.Tagged)));

    [Fact]
    public async Task By_itself_it_is_as_the_tailnet_says() =>
        AssertSet(await SeenAsync(Service, FakeDirectory.Knowing(FakeDirectory.Tagged)));

    [Fact]
    public async Task Off_nothing_is_said_not_even_by_the_client() =>
        Assert.Empty(await SeenAsync(Service with { Forwarded = ForwardedMode.Off }, FakeDirectory.Knowing(FakeDirectory.Tagged)));

    [Theory]
    [InlineData("Set", "100.64.0.7", "100.64.0.7")]
    [InlineData("Off", null, null)]
    [InlineData("Trust", "203.0.113.9, 100.64.0.7", "203.0.113.9")]
    public async Task Over_http_2_and_a_web_socket_it_is_the_same(string mode, string? chain, string? client)
    {
        var seen = new TaskCompletionSource<(string?, string?)>();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            if (context.WebSockets.IsWebSocketRequest)
            {
                var headers = context.Request.Headers;
                seen.TrySetResult((Value(headers["X-Forwarded-For"]), Value(headers["X-Real-IP"])));
                return;
            }

            await Echo.HeadersAsync(context);
        });
        await using var listener = await TestListener.StartAsync(
            TestListener.Service(upstream) with
            {
                Forwarded = Enum.Parse<ForwardedMode>(mode),
                ForwardedFrom = Rules.Of("ada@example.com"),
            });

        using var client2 = listener.Client(HttpVersion.Version20);
        client2.DefaultRequestHeaders.Add("x-forwarded-for", "203.0.113.9");
        var over2 = await Echo.ReadAsync(client2, "/");
        await using var stream = await listener.ConnectTlsAsync();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "GET / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"), Token);

        Assert.Equal((chain, client), (over2.GetValueOrDefault("X-Forwarded-For"), over2.GetValueOrDefault("X-Real-IP")));
        Assert.Equal((chain, client), await seen.Task.WaitAsync(Eventually.Deadline, Token));

        static string? Value(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 0 ? null : values.ToString();
    }

    [Fact]
    public async Task A_redirect_to_the_container_leads_to_where_the_visitor_has_asked()
    {
        await using var app = await TestUpstream.StartAsync(context =>
        {
            context.Response.Redirect($"http://{context.Connection.LocalIpAddress}:{context.Connection.LocalPort}/login");
            return Task.CompletedTask;
        });
        await using var listener = await TestListener.StartAsync(
            TestListener.Service(app) with { Forwarded = ForwardedMode.Trust, ForwardedFrom = Rules.Of("ada@example.com") });
        using var client = listener.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("X-Forwarded-Host", "photos.example.com");
        // Not that of the listener.
        request.Headers.Add("X-Forwarded-Proto", "http");

        using var answer = await client.SendAsync(request, Token);

        Assert.Equal("http://photos.example.com/login", answer.Headers.Location?.OriginalString);
    }

    private static ServiceSpec Service => new() { Name = "web" };

    private static ServiceSpec Trusting(string from) =>
        Service with { Forwarded = ForwardedMode.Trust, ForwardedFrom = Rules.Of(from) };

    private static void AssertSet(IEnumerable<string> said) => Assert.Equal(
        ["X-Forwarded-For: 100.64.0.7", "X-Forwarded-Host: web", "X-Forwarded-Proto: https", "X-Real-IP: 100.64.0.7"],
        said.Where(field =>
            !field.Contains("Tailscale", StringComparison.OrdinalIgnoreCase) || field.Contains("root", StringComparison.Ordinal)));

    /// <summary>The fields, of those that speak of visitor or way, with which a request arrives.</summary>
    private static async Task<IReadOnlyList<string>> SeenAsync(ServiceSpec service, FakeDirectory directory)
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(service with { Upstreams = upstream.Service.Upstreams }, directory);
        await using var stream = await listener.ConnectTlsAsync();
        await RawHttp.ExchangeAsync(stream, $"GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n{Sent}\r\n");
        return
        [
            .. Assert.Single(upstream.Heads).Split("\r\n").Skip(1)
                .Where(line => line.Length > 0 && !line.StartsWith("Host:", StringComparison.Ordinal))
                .Where(line => !line.StartsWith("Connection:", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
    }
}
