using System.Globalization;
using System.Text;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>The attack matrix through real peers: whatever a client claims to be, the container is told what the tailnet says.</summary>
[Collection(ListenerTests.Name)]
public sealed class ForgedIdentityTests(ListenerFixture fixture)
{
    private const string User = "a user's device";
    private const string Tagged = "a tagged device";
    private const string WhoIsDown = "a user's device while whois is down";
    private const string Stranger = "a user's device where another one is trusted";

    private static readonly string[] Network = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP"];

    private static readonly string[] Person =
    [
        "Tailscale-User-Login", "Tailscale-User-Name", "Tailscale-User-Profile-Pic", "X-Tailscale-Login", "X-Tailscale-Name",
        "X-Tailscale-Tailnet", "X-Tailscale-User",
    ];

    private int _count;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = 300_000)]
    [InlineData(User)]
    [InlineData(Tagged)]
    [InlineData(WhoIsDown)]
    [InlineData(Stranger)]
    public Task Over_http_1_no_claim_arrives_and_nothing_genuine_is_missing(string who) =>
        AttackAsync(who, [.. Forgeries.Http1, .. Forgeries.InBodies], forgery => forgery.IsProper, async (peer, service, mark, forgery) =>
        {
            var method = forgery.Body.Length > 0 ? "POST" : "GET";
            await ExchangeAsync(
                peer, service, $"{method} {mark} HTTP/1.1\r\nHost: {service}\r\n{forgery.Lines}Connection: close\r\n\r\n{forgery.Body}");
        });

    [Theory(Timeout = 300_000)]
    [InlineData(User)]
    [InlineData(Tagged)]
    [InlineData(WhoIsDown)]
    [InlineData(Stranger)]
    public Task Over_a_web_socket_no_claim_arrives_and_nothing_genuine_is_missing(string who) =>
        AttackAsync(who, [.. Forgeries.Http1], forgery => forgery.IsProper, async (peer, service, mark, forgery) =>
        {
            var answer = await ExchangeAsync(
                peer,
                service,
                $"GET {mark} HTTP/1.1\r\nHost: {service}\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                    + $"dGhlIHNhbXBsZSBub25jZQ==\r\n{forgery.Lines}Connection: Upgrade\r\n\r\n");
            Assert.True(!forgery.IsProper || answer.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal), $"{forgery.What}: {answer}");
        });

    [Theory(Timeout = 300_000)]
    [InlineData(User)]
    [InlineData(Tagged)]
    [InlineData(WhoIsDown)]
    [InlineData(Stranger)]
    public Task Over_http_2_no_claim_arrives_and_nothing_genuine_is_missing(string who) =>
        AttackAsync(who, [.. Forgeries.Http2], forgery => forgery.IsProper, async (peer, service, mark, forgery) =>
        {
            await using var connection = await RawHttp2.StartAsync(await peer.SecureAsync(peer.NameOf(service), Token, "h2"));
            var fields = RawHttp2.Request(forgery.Path + mark, forgery.Authority ?? service, forgery.Fields);
            fields[0] = (":method", forgery.Method ?? "GET");
            await connection.SendHeadersAsync(1, RawHttp2.Block(fields));
            await EndOfAsync(connection, 1);
        });

    [Theory(Timeout = 300_000)]
    [InlineData(User)]
    [InlineData(Tagged)]
    [InlineData(WhoIsDown)]
    [InlineData(Stranger)]
    public Task Over_a_web_socket_on_http_2_no_claim_arrives_and_nothing_genuine_is_missing(string who) =>
        AttackAsync(
            who,
            [.. Forgeries.Http2.Where(forgery => forgery.Method is null)],
            forgery => forgery.IsProper,
            async (peer, service, mark, forgery) =>
            {
                await using var connection = await RawHttp2.StartAsync(await peer.SecureAsync(peer.NameOf(service), Token, "h2"));

                // RFC 8441 section 5.
                (string, string)[] fields =
                [
                    (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", forgery.Authority ?? service),
                    (":path", forgery.Path + mark), ("sec-websocket-version", "13"), .. forgery.Fields,
                ];
                await connection.SendHeadersAsync(1, RawHttp2.Block(fields), endStream: false);
                await EndOfAsync(connection, 1);
            });

    [Fact(Timeout = 300_000)]
    public async Task A_claim_that_http_2_remembers_or_cuts_in_pieces_arrives_no_more_than_another()
    {
        var seen = fixture.Upstream.Requests.Count;
        var (peer, service) = WhoIs(User);
        var genuine = await HonestAsync(peer, service);
        await using var connection = await RawHttp2.StartAsync(await peer.SecureAsync(peer.NameOf(service), Token, "h2"));
        (string, string)[] claim = [("tailscale-user-login", Forgeries.Claim)];

        // 1. Put into the table by one request, taken from there by the next (RFC 7541 section 6.1: the newest entry is 62).
        await connection.SendHeadersAsync(
            1, [.. RawHttp2.Block(RawHttp2.Request("/stored", service)), .. RawHttp2.Block(claim, indexed: true)]);
        await EndOfAsync(connection, 1);
        await connection.SendHeadersAsync(3, [.. RawHttp2.Block(RawHttp2.Request("/indexed", service)), 0x80 | 62]);
        await EndOfAsync(connection, 3);

        // 2. Cut in the middle of its name.
        var block = RawHttp2.Block(RawHttp2.Request("/cut", service, claim));
        var cut = block.Length - Forgeries.Claim.Length - 8;
        await connection.SendAsync(
            new Http2Frame(Http2Frame.Headers, Http2Frame.EndStream, 5, block[..cut]),
            new Http2Frame(Http2Frame.Continuation, Http2Frame.EndHeaders, 5, block[cut..]));
        await EndOfAsync(connection, 5);

        // 3. In trailers.
        await connection.SendHeadersAsync(
            7, RawHttp2.Block([(":method", "POST"), .. RawHttp2.Request("/trailers", service, ("trailer", "tailscale-user-login"))[1..]]),
            endStream: false);
        await connection.SendAsync(new Http2Frame(Http2Frame.Data, 0, 7, [1]));
        await connection.SendHeadersAsync(7, RawHttp2.Block(claim));
        await EndOfAsync(connection, 7);

        var requests = fixture.Upstream.Requests.Skip(seen).ToList();
        Assert.Equal(
            ["/cut", "/indexed", "/stored", "/trailers"],
            requests.Select(request => request.Target).Where(target => target != "/honest").Order(StringComparer.Ordinal));
        Assert.All(requests, request => AssertGenuine(request, genuine, "in HTTP/2's own ways"));
    }

    private static async Task<string> ExchangeAsync(TailnetPeer peer, string service, string request)
    {
        await using var stream = await peer.SecureAsync(peer.NameOf(service), Token);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), Token);
        try
        {
            using var reader = new StreamReader(stream, Encoding.Latin1, leaveOpen: true);
            return await reader.ReadToEndAsync(Token);
        }
        catch (IOException)
        {
            // Cut off: an answer to a request that is none.
            return "";
        }
    }

    private static async Task EndOfAsync(RawHttp2 connection, int stream) => await connection.ReadUntilAsync(frame =>
        frame.Type == Http2Frame.GoAway
        || (frame.Stream == stream && (frame.Type == Http2Frame.Reset || IsLast(frame))));

    private static bool IsLast(Http2Frame frame) =>
        frame.Type is Http2Frame.Headers or Http2Frame.Data && (frame.Flags & Http2Frame.EndStream) != 0;

    private static string Normal(string name) =>
        string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? char.ToLowerInvariant(letter) : '-'));

    // However the container reads names: CGI, for one, does not tell one separator from another.
    private static bool SpeaksOfThePeer(string name) =>
        Normal(name) is var normal
        && ((string[])["tailscale", "forwarded", "real-ip"]).Any(claim => normal.Contains(claim, StringComparison.Ordinal));

    private static void AssertGenuine(RawRequest request, IReadOnlyList<KeyValuePair<string, string>> genuine, string what)
    {
        Assert.DoesNotContain(
            request.Fields,
            field =>
                field.Key != Forgeries.Innocent && (field.Value + field.Key).Contains(Forgeries.Claim, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(Forgeries.Claim, request.Body, StringComparison.Ordinal);
        var said = request.Fields.Where(field => SpeaksOfThePeer(field.Key)).ToList();
        Assert.True(
            said.Select(field => field.Key == "X-Forwarded-Host" ? "X-Forwarded-Host" : $"{field.Key}: {field.Value}")
                .Order(StringComparer.Ordinal)
                .SequenceEqual(
                    genuine.Select(field => field.Key == "X-Forwarded-Host" ? "X-Forwarded-Host" : $"{field.Key}: {field.Value}")
                        .Order(StringComparer.Ordinal)),
            $"{what}: {string.Join(", ", said)}");
        Assert.Equal(request.Value("Host"), request.Value("X-Forwarded-Host"));
    }

    private async Task AttackAsync<T>(
        string who, IReadOnlyList<T> forgeries, Func<T, bool> isProper, Func<TailnetPeer, string, string, T, Task> attack)
        where T : notnull
    {
        var (peer, service) = WhoIs(who);
        var genuine = await HonestAsync(peer, service);
        foreach (var forgery in forgeries)
        {
            var mark = $"/{who[0]}-{Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture)}";
            var before = fixture.Upstream.Requests.Count;

            await attack(peer, service, mark, forgery);

            // What is forwarded is there before the answer; what is refused never comes.
            var requests = fixture.Upstream.Requests.Skip(before).ToList();
            Assert.True(!isProper(forgery) || requests.Any(request => request.Target == mark), $"Did not arrive: {forgery}");
            Assert.All(requests, request => AssertGenuine(request, genuine, forgery.ToString()!));
        }
    }

    private (TailnetPeer Peer, string Service) WhoIs(string who)
    {
        var (peer, service) = who switch
        {
            Tagged => (fixture.Tagged, "open"),
            WhoIsDown => (fixture.Alice, ListenerFixture.Blind),
            Stranger => (fixture.Alice, ListenerFixture.Behind),
            _ => (fixture.Alice, "open"),
        };
        fixture.Need(service);
        return (peer, service);
    }

    /// <summary>What an honest request says about this peer.</summary>
    private async Task<IReadOnlyList<KeyValuePair<string, string>>> HonestAsync(TailnetPeer peer, string service)
    {
        await ExchangeAsync(peer, service, $"GET /honest HTTP/1.1\r\nHost: {service}\r\nConnection: close\r\n\r\n");
        var request = fixture.Upstream.Requests.Last(request => request.Target == "/honest");
        var said = request.Fields.Where(field => SpeaksOfThePeer(field.Key)).ToList();
        var isKnown = peer == fixture.Alice && service != ListenerFixture.Blind;
        Assert.Equal(
            (isKnown ? Person : []).Concat(Network).Order(StringComparer.Ordinal),
            said.Select(field => field.Key).Order(StringComparer.Ordinal));
        Assert.Equal(peer.Address, request.Value("X-Forwarded-For"));
        Assert.Equal(peer.Address, request.Value("X-Real-IP"));
        Assert.Equal("https", request.Value("X-Forwarded-Proto"));
        Assert.Equal(isKnown ? peer.Login : null, request.Value("Tailscale-User-Login"));
        return said;
    }
}
