using System.Text;
using Dovetail.Proxy.Http;
using Dovetail.Tests.Proxy.Support;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Proxy.Http;

/// <summary>Which requests are passed on, and what the others are told (RFC 9110, 9112).</summary>
public sealed class RequestRulesTests
{
    [Theory]
    [InlineData("web.example.ts.net")]
    [InlineData("WEB.example.ts.net.")]
    [InlineData("web.example.ts.net:443")]
    [InlineData("web")]
    [InlineData("web:8443")]
    [InlineData("100.64.0.3")]
    [InlineData("100.64.0.3:80")]
    public async Task The_nodes_names_and_address_are_served(string host)
    {
        foreach (var https in (bool[])[true, false])
        {
            using var upstream = new RawUpstream(RawUpstream.Echo);
            await using var listener = await TestListener.StartAsync(upstream.Service, https: https);

            var answer = await ExchangeAsync(listener, https, $"GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

            Assert.StartsWith("HTTP/1.1 200", answer);
            Assert.Contains($"\r\nHost: {host}\r\n", Assert.Single(upstream.Heads));
        }
    }

    [Theory]
    [InlineData("evil.example", 421)]
    [InlineData("web.evil.example", 421)]
    [InlineData("web.example.ts.net.evil.example", 421)]
    [InlineData("evil.example:80", 421)]
    [InlineData("100.64.0.4", 421)]
    [InlineData("[fd7a:115c:a1e0::9]:80", 421)]
    [InlineData("xn--a-ecp.example", 421)]
    [InlineData("127.0.0.1", 421)]
    [InlineData("", 400)]
    [InlineData("web:99999", 400)]
    [InlineData(":80", 400)]
    [InlineData("100.64.3", 421)]
    [InlineData("0x64.64.0.3", 421)]
    [InlineData("[100.64.0.3]", 400)]
    public async Task Another_host_is_refused_whatever_the_scheme_and_never_redirected(string host, int status)
    {
        foreach (var https in (bool[])[true, false])
        {
            using var upstream = new RawUpstream(RawUpstream.Echo);
            await using var listener = await TestListener.StartAsync(upstream.Service, https: https);

            // With HTTPS both ports are asked: the one for HTTP redirects.
            foreach (var tls in https ? (bool[])[true, false] : [false])
            {
                var answer = await ExchangeAsync(listener, tls, $"GET /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
                Assert.StartsWith($"HTTP/1.1 {status} ", answer);
                Assert.DoesNotContain("Location:", answer);
            }

            Assert.Empty(upstream.Heads);
        }
    }

    [Theory]
    [InlineData("/x", TestListener.HostName)]
    [InlineData("http://web/x", "web")]
    [InlineData("http://100.64.0.3:80/x", "100.64.0.3:80")]
    public async Task A_request_of_HTTP_1_0_without_a_host_is_given_that_of_its_target_or_the_nodes_name(string target, string host)
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service);

        var answer = await ExchangeAsync(listener, tls: true, $"GET {target} HTTP/1.0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200", answer);
        Assert.Equal("GET /x HTTP/1.1", upstream.Line);
        Assert.Contains($"\r\nHost: {host}\r\n", Assert.Single(upstream.Heads));
    }

    [Theory]
    [InlineData("get / HTTP/1.1\r\nHost: web", 501)]
    [InlineData("Post / HTTP/1.1\r\nHost: web\r\nContent-Length: 0", 501)]
    [InlineData("CONNECT web:443 HTTP/1.1\r\nHost: web:443", 501)]
    [InlineData("GET /a#b HTTP/1.1\r\nHost: web", 400)]
    [InlineData("GET /a\u0001b HTTP/1.1\r\nHost: web", 400)]
    [InlineData("GET /a?b\u007f HTTP/1.1\r\nHost: web", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: gzip, chunked", 501)]
    [InlineData("POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked, chunked", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding:\r\nTransfer-Encoding: chunked", 501)]
    [InlineData("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: +5", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: -5", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: web\r\ncontent-length:\t+0", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: web\r\nHost: web", 400)]
    [InlineData("GET / HTTP/1.1", 400)]
    [InlineData("GET http://evil.example/ HTTP/1.1\r\nHost: evil.example", 421)]
    [InlineData("GET http://evil.example/ HTTP/1.0", 421)]
    [InlineData("GET http://web@evil.example/ HTTP/1.0", 421)]
    [InlineData("GET /%00 HTTP/1.1\r\nHost: web", 400)]
    [InlineData("GÉT / HTTP/1.1\r\nHost: web", 400)]
    [InlineData("GET / HTTP/9.9\r\nHost: web", 505)]
    [InlineData("GET /\r\nHost: web", 400)]
    [InlineData("TRACE /#HTTP/1.1\r\nHost: web", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding\v: chunked", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: web\r\nX(: 1", 400)]
    [InlineData("\r\n\r\nPOST / HTTP/1.1\r\nHost: web\r\nContent-Length: +5", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\v", 400)]
    [InlineData("POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: \vchunked", 400)]
    public async Task What_cannot_be_passed_on_as_it_is_is_refused_with_a_reason(string head, int status)
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service);

        var answer = await ExchangeAsync(
            listener, tls: true, $"{head}\r\nConnection: close\r\n\r\n{(head.Contains("chunked", StringComparison.Ordinal) ? "0\r\n\r\n" : "")}");

        Assert.StartsWith($"HTTP/1.1 {status} ", answer);
        Assert.Matches($"\r\n\r\n{status} [^\n]+\nweb: [^\n]+\n$", answer);
        Assert.Empty(upstream.Heads);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task A_target_arrives_as_it_was_sent_with_raw_UTF_8_encoded(string sent, string arrived)
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service);

        // The second request on the same connection, in two parts: the head of the first does not hide it.
        await using var stream = await listener.ConnectTlsAsync();
        await stream.WriteAsync("POST /first HTTP/1.1\r\nHost: web\r\nContent-Length: 3\r\n\r\nabc"u8.ToArray(), Token);
        await RawHttp.ReadUntilAsync(stream, "/first");
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"GET {sent} HTTP/1.1\r\nHo"), Token);
        await stream.FlushAsync(Token);
        var answer = await RawHttp.ExchangeAsync(stream, "st: web\r\nConnection: close\r\n\r\n");

        Assert.Contains($"GET {arrived} HTTP/1.1\r\n", answer);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task A_target_arrives_the_same_over_HTTP_2(string sent, string arrived)
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using var connection = await RawHttp2.StartAsync(await listener.ConnectTlsAsync("h2"));

        // Twice: what Kestrel keeps of the first must be the same.
        foreach (var stream in (int[])[1, 3])
        {
            await connection.SendHeadersAsync(stream, RawHttp2.Block(RawHttp2.Request(sent, "web")));
            Assert.Equal((200, false), await connection.ReadAnswerAsync(stream));
        }

        Assert.Equal(2, upstream.Heads.Count);
        Assert.All(upstream.Heads, head => Assert.StartsWith($"GET {arrived} HTTP/1.1\r\n", head));
    }

    [Theory]
    [InlineData("/a#b")]
    [InlineData("/a?b#")]
    [InlineData("/a\u0001b")]
    [InlineData("/a b")]
    [InlineData("/a\0b")]
    [InlineData("/a\rb")]
    [InlineData("/a?\nb")]
    [InlineData("/a?b\u007f")]
    [InlineData("/%00")]
    [InlineData("/\u00c3\u00a4%00?")]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("?a")]
    [InlineData("http://web/")]
    [InlineData("\u00c3\u00a4")]
    public async Task Over_HTTP_2_a_target_that_is_none_is_refused_with_a_reason_and_the_others_on_the_connection_are_served(string target)
    {
        using var log = new FakeLoggerProvider(
            FakeLogCollector.Create(new FakeLogCollectorOptions { FilteredCategories = { AccessLog.Category } }));
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service with { AccessLog = true }, log: log);
        await using var connection = await RawHttp2.StartAsync(await listener.ConnectTlsAsync("h2"));

        await connection.SendHeadersAsync(1, RawHttp2.Block(RawHttp2.Request(target, "web")));
        var refused = await connection.ReadAnswerAsync(1);
        await connection.SendHeadersAsync(3, RawHttp2.Block(RawHttp2.Request("/", "web")));
        var served = await connection.ReadAnswerAsync(3);

        Assert.Equal((400, false), refused);
        Assert.Equal((200, false), served);
        Assert.Equal("GET / HTTP/1.1", upstream.Line);
        await Eventually.TrueAsync(() => log.Collector.Count == 2);
        Assert.Contains(log.Collector.GetSnapshot(), record => record.Message.Contains("\" 400, ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/\u00c3\u00a4?x", "/%C3%A4?x")]
    [InlineData("/a#b", null)]
    [InlineData("/a\0b", null)]
    [InlineData("a", null)]
    public async Task A_WebSocket_over_HTTP_2_is_asked_for_by_the_same_rules(string target, string? arrived)
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using var connection = await RawHttp2.StartAsync(await listener.ConnectTlsAsync("h2"));
        var fields = RawHttp2.Request(target, "web").Select(static field => field.Name == ":method" ? (field.Name, "CONNECT") : field);

        await connection.SendHeadersAsync(1, RawHttp2.Block(fields.Prepend((":protocol", "websocket"))), endStream: false);
        var (status, _) = await connection.ReadAnswerAsync(1);

        Assert.Equal(arrived is null, status == 400);
        Assert.Equal(arrived, upstream.Heads.SingleOrDefault()?.Split(' ')[1]);
    }

    public static TheoryData<string, string> Targets() => new()
    {
        // As Latin-1, a character a byte.
        { "/b\u00c3\u00a4r?gr\u00c3\u00b6\u00c3\u009fe=\u00c3\u00bc", "/b%C3%A4r?gr%C3%B6%C3%9Fe=%C3%BC" },
        { "/b\u00c3\u00a4r", "/b%C3%A4r" },
        { "/?\u00c3\u00bc", "/?%C3%BC" },
        { "/a/../\u00e2\u0082\u00ac", "/a/../%E2%82%AC" },
        { "/\u00f0\u009f\u0098\u0080?x", "/%F0%9F%98%80?x" },
        { "/a%20b/\u00c3\u00a4+c?x=+1", "/a%20b/%C3%A4+c?x=+1" },
        { "/\u00ff?\u00c3", "/%FF?%C3" },
        { "/..;/a//b/./c", "/..;/a//b/./c" },
        { "/?%00", "/?%00" },
        { "/\"<>\\^`{|}", "/\"<>\\^`{|}" },
    };

    [Fact]
    public async Task Content_is_never_taken_for_a_head()
    {
        await using var upstream = await TestUpstream.StartAsync(Echo.BodyAsync);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        const string Content = "GET /ä HTTP/1.1\r\nContent-Length: +5\r\n\r\n";
        var bytes = Encoding.UTF8.GetByteCount(Content);

        await using var stream = await listener.ConnectTlsAsync();
        var request = $"POST / HTTP/1.1\r\nHost: web\r\nContent-Length: {bytes}\r\nConnection: close\r\n\r\n{Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Content))}";
        var answer = await RawHttp.ExchangeAsync(stream, request);

        Assert.Contains(Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Content)), answer);
    }

    [Fact]
    public async Task An_OPTIONS_about_the_server_itself_stays_one()
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service);

        var answer = await ExchangeAsync(listener, tls: true, "OPTIONS * HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 200", answer);
        Assert.Equal("OPTIONS * HTTP/1.1", upstream.Line);
    }

    [Theory]
    [InlineData("X-Secret, close")]
    [InlineData("close, X-Secret")]
    [InlineData("keep-alive,x-secret ,close")]
    [InlineData("close\r\nConnection: X-Secret")]
    [InlineData("\"X-Secret\", close")]
    [InlineData(" ,, X-Secret,,close,")]
    public async Task What_Connection_names_goes_no_further_in_any_spelling_of_the_list(string connection)
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service);

        await ExchangeAsync(listener, tls: true, $"GET / HTTP/1.1\r\nHost: web\r\nConnection: {connection}\r\nX-Secret: 1\r\nX-Kept: 1\r\n\r\n");

        var head = Assert.Single(upstream.Heads);
        Assert.Contains("X-Kept: 1", head);
        Assert.DoesNotContain("Secret", head, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("HTTP/1.1", "Connection: close\t,x")]
    [InlineData("HTTP/1.1", "Connection: x,\tclose")]
    [InlineData("HTTP/1.1", "Transfer-Encoding: gzip, chunked")]
    [InlineData("HTTP/1.1", "Transfer-Encoding: chunked, chunked")]
    [InlineData("HTTP/1.0", "Transfer-Encoding: chunked\r\nConnection: keep-alive")]
    public async Task Nothing_more_is_served_on_a_connection_that_is_to_end_or_whose_next_request_cannot_be_found(string version, string field)
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service);

        var content = field.StartsWith("Transfer", StringComparison.Ordinal) ? "0\r\n\r\n" : "";
        var answer = await ExchangeAsync(
            listener, tls: true, $"GET / {version}\r\nHost: web\r\n{field}\r\n\r\n{content}GET /next HTTP/1.1\r\nHost: web\r\n\r\n");

        Assert.Contains("\r\nConnection: close\r\n", answer);
        Assert.DoesNotContain(upstream.Heads, head => head.Contains("/next", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("5;\nhello\r\n0\r\n\r\n")]
    [InlineData("-5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\nhellooo\r\n0\r\n\r\n")]
    public async Task Content_that_is_not_framed_as_it_should_be_is_refused_with_a_reason_and_ends_the_connection(string content)
    {
        using var upstream = new RawUpstream(async (stream, _) => await RawHttp.ReadToEndAsync(stream));
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using var stream = await listener.ConnectTlsAsync();

        var answer = await RawHttp.ExchangeAsync(
            stream, $"POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n{content}GET /next HTTP/1.1\r\nHost: web\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", answer);
        Assert.Contains("\r\nConnection: close\r\n", answer);
        Assert.EndsWith("(RFC 9112, section 7.1).\n", answer);
    }

    [Fact]
    public async Task A_head_is_looked_at_also_after_content_that_nobody_wanted()
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using var stream = await listener.ConnectTlsAsync();

        await stream.WriteAsync("POST /refused HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 5\r\n\r\n"u8.ToArray(), Token);
        var refused = await RawHttp.ReadUntilAsync(stream, "not by another name.\n");
        await stream.WriteAsync("hello"u8.ToArray(), Token);
        await RawHttp.ExchangeAsync(stream, "GET / HTTP/1.1\r\nHost: web\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 421 ", refused);
        Assert.DoesNotContain("X-Secret", Assert.Single(upstream.Heads));
    }

    [Fact]
    public async Task A_length_that_does_not_count_leaves_no_trace()
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service);

        await ExchangeAsync(listener, tls: true, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");

        Assert.DoesNotContain("Content-Length", Assert.Single(upstream.Heads));
    }

    [Theory]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("upgrade", "tcp")]
    [InlineData("keep-alive", "timeout=5")]
    [InlineData("proxy-connection", "close")]
    [InlineData("x(", "1")]
    public async Task Over_HTTP_2_a_request_with_fields_of_HTTP_1_is_malformed(string name, string value)
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using var connection = await RawHttp2.StartAsync(await listener.ConnectTlsAsync("h2"));

        await connection.SendHeadersAsync(1, RawHttp2.Block(RawHttp2.Request("/", "web", (name, value))));
        var (status, _) = await connection.ReadAnswerAsync(1);

        Assert.Equal(400, status);
        Assert.Empty(upstream.Heads);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<string> ExchangeAsync(TestListener listener, bool tls, string request)
    {
        await using Stream stream = tls ? await listener.ConnectTlsAsync() : await listener.ConnectAsync(listener.Listener.Ports.Http);
        return await RawHttp.ExchangeAsync(stream, request);
    }
}
