using System.Net;
using System.Text;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Tests.Proxy.Http;

/// <summary>Requests and responses arrive as they were sent.</summary>
public sealed class ProtocolTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Http", "1.1")]
    [InlineData("Http", "2.0")]
    [InlineData("H2c", "1.1")]
    [InlineData("H2c", "2.0")]
    [InlineData("HttpsInsecure", "1.1")]
    [InlineData("HttpsInsecure", "2.0")]
    public async Task A_body_goes_both_ways_over_every_scheme(string scheme, string version)
    {
        await using var upstream = await TestUpstream.StartAsync(
            context => context.Request.Body.CopyToAsync(context.Response.Body, Token), scheme: Enum.Parse<UpstreamScheme>(scheme));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version));
        var body = new byte[200_000];
        new Random(1).NextBytes(body);

        // A stream of unknown length: chunked in HTTP/1.1.
        using var response = await client.PostAsync("/", new StreamContent(new NonSeekable(body)), Token);

        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync(Token));
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused_unless_insecure()
    {
        await using var upstream = await TestUpstream.StartAsync(_ => Task.CompletedTask, scheme: UpstreamScheme.Https);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client();

        using var response = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
    }

    [Fact]
    public async Task Ranges_HEAD_and_bodyless_answers_are_as_the_upstream_gives_them()
    {
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            switch (context.Request.Path)
            {
                case "/none":
                    context.Response.StatusCode = 204;
                    return;
                case "/same":
                    context.Response.StatusCode = 304;
                    context.Response.Headers.ETag = "\"1\"";
                    return;
            }

            context.Response.StatusCode = context.Request.Headers.Range == "bytes=2-4" ? 206 : 200;
            context.Response.Headers.ContentRange = "bytes 2-4/10";
            context.Response.ContentLength = 3;
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                await context.Response.WriteAsync("cde", Token);
            }
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client();
        using var range = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { Range = new(2, 4) } };
        using var head = new HttpRequestMessage(HttpMethod.Head, "/");

        using var part = await client.SendAsync(range, Token);
        using var only = await client.SendAsync(head, Token);
        using var none = await client.GetAsync("/none", Token);
        using var same = await client.GetAsync("/same", Token);

        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("cde", await part.Content.ReadAsStringAsync(Token));
        Assert.Equal("bytes 2-4/10", part.Content.Headers.ContentRange!.ToString());
        Assert.Equal(3, only.Content.Headers.ContentLength);
        Assert.Equal(HttpStatusCode.NoContent, none.StatusCode);
        Assert.Equal("\"1\"", same.Headers.ETag!.Tag);
    }

    [Fact]
    public async Task The_body_is_asked_for_only_when_the_upstream_asks()
    {
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            if (context.Request.Path == "/no")
            {
                context.Response.StatusCode = 413;
                return;
            }

            await context.Request.Body.CopyToAsync(context.Response.Body, Token);
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        await using var refused = await listener.ConnectTlsAsync();
        await using var accepted = await listener.ConnectTlsAsync();

        await refused.WriteAsync(
            "POST /no HTTP/1.1\r\nHost: web\r\nContent-Length: 5000000\r\nExpect: 100-continue\r\n\r\n"u8.ToArray(), Token);
        Assert.StartsWith("HTTP/1.1 413", await RawHttp.ReadUntilAsync(refused, "\r\n\r\n"), StringComparison.Ordinal);

        await accepted.WriteAsync("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"u8.ToArray(), Token);
        Assert.StartsWith("HTTP/1.1 100", await RawHttp.ReadUntilAsync(accepted, "\r\n\r\n"), StringComparison.Ordinal);
        await accepted.WriteAsync("hello"u8.ToArray(), Token);
        Assert.Contains("hello", await RawHttp.ReadUntilAsync(accepted, "hello"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/a%2Fb/%41?q=%20+%2B&&x")]
    [InlineData("/a/../b/./c//d")]
    [InlineData("/%c3%a4%00?")]
    [InlineData("/a;b=1,2/(x)!$&'*@:~|^`{}\"<>")]
    public async Task The_path_reaches_the_upstream_byte_for_byte(string target)
    {
        await using var upstream = await TestUpstream.StartAsync(
            context => context.Response.WriteAsync(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget + "|", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        await using var direct = await DirectAsync(upstream);
        await using var through = await listener.ConnectTlsAsync();
        var request = $"GET {target} HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n";

        var expected = await RawHttp.ExchangeAsync(direct, request);
        var actual = await RawHttp.ExchangeAsync(through, request);

        Assert.Equal(expected.Split(' ')[1], actual.Split(' ')[1]);
        if (expected.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
        {
            Assert.Contains($"{target}|", actual, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Headers_pass_byte_for_byte_in_both_directions()
    {
        await using var upstream = await TestUpstream.StartAsync(context =>
        {
            var seen = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(context.Request.Headers["X-Name"].ToString()));
            context.Response.Headers["X-Seen"] = seen.Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers.SetCookie = new(["a=1; path=/", "b=2, with comma"]);
            return Task.CompletedTask;
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        await using var stream = await listener.ConnectTlsAsync();

        var answer = await RawHttp.ExchangeAsync(
            stream, "GET / HTTP/1.1\r\nHost: web\r\nX-Name: Zo\u00c3\u00ab\r\nConnection: close\r\n\r\n");

        // Two bytes of UTF-8 arrived as two bytes.
        Assert.Contains("X-Seen: 4\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("Set-Cookie: a=1; path=/\r\nSet-Cookie: b=2, with comma\r\n", answer, StringComparison.Ordinal);
    }

    private static async Task<Stream> DirectAsync(TestUpstream upstream)
    {
        var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(upstream.Upstream.Host, upstream.Upstream.Port, Token);
        return client.GetStream();
    }
}
