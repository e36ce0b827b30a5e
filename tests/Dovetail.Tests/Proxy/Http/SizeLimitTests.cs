using System.Net;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Http;

public sealed class SizeLimitTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.1", 9_000, 0, 0)]
    [InlineData("1.1", 0, 40_000, 0)]
    [InlineData("1.1", 0, 0, 120)]
    [InlineData("2.0", 9_000, 0, 0)]
    [InlineData("1.1", 20_000, 0, 0)]
    [InlineData("2.0", 20_000, 0, 0)]
    [InlineData("2.0", 50_000, 0, 0)]
    [InlineData("2.0", 0, 40_000, 0)]
    [InlineData("2.0", 0, 0, 120)]
    public async Task A_request_above_a_limit_is_told_which_one_and_passes_when_the_limit_is_raised(
        string version, int path, int header, int count)
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token), largeRequests: true);
        await using var strict = await TestListener.StartAsync(TestListener.Service(upstream));
        await using var generous = await TestListener.StartAsync(
            TestListener.Service(upstream) with { Name = $"generous-{version[0]}" },
            options: new ListenerOptions { RequestLineSize = 64 << 10, RequestHeadersSize = 64 << 10, RequestHeaderCount = 200 });
        var (status, variable) = path > 0 ? (HttpStatusCode.RequestUriTooLong, "DOVETAIL_REQUEST_LINE_SIZE")
            : (HttpStatusCode.RequestHeaderFieldsTooLarge, header > 0 ? "DOVETAIL_REQUEST_HEADERS_SIZE" : "DOVETAIL_REQUEST_HEADER_COUNT");

        using var refused = await AskAsync(strict, version, path, header, count);
        using var served = await AskAsync(generous, version, path, header, count);

        Assert.Equal(status, refused.StatusCode);
        Assert.Contains(variable, await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_request_far_above_the_limits_is_refused_and_the_next_one_served(string version)
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));

        var status = await StatusAsync(listener, version);
        using var client = listener.Client(Version.Parse(version));

        Assert.True(status is null or HttpStatusCode.RequestHeaderFieldsTooLarge, $"{status}");
        Assert.Equal("ok", await client.GetStringAsync("/", Token));

        // A connection may be ended for it: HTTP/2 has one state for all streams of a connection.
        static async Task<HttpStatusCode?> StatusAsync(TestListener listener, string version)
        {
            try
            {
                using var response = await AskAsync(listener, version, 0, 1_000_000, 0);
                return response.StatusCode;
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }
    }

    // In Kestrel (10.0) this cannot be done better: Http2Stream.TryParseRequest throws before there is a request, and its answer says that it has
    // no content; Http2Connection.OnHeaderCore ends the connection while it decodes.
    [Theory]
    [InlineData(3, 431, true, false)]
    [InlineData(5, 431, false, false)]
    [InlineData(9, null, false, true)]
    public async Task Over_HTTP_2_headers_above_the_limit_have_an_answer_up_to_twice_it_with_a_page(int fields, int? status, bool hasPage, bool isEnd)
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        await using var connection = await RawHttp2.StartAsync(await listener.ConnectTlsAsync("h2"));
        var large = Enumerable.Range(0, fields).Select(static i => ($"x-{i}", new string('a', 15_000)));

        await connection.SendHeadersAsync(1, RawHttp2.Block(RawHttp2.Request("/", "web").Concat(large)));
        var head = await connection.ReadUntilAsync(static frame => frame.Stream == 1 || frame.Type == Http2Frame.GoAway);

        Assert.Equal(isEnd, head is not { Type: Http2Frame.Headers });
        Assert.Equal(hasPage || isEnd, (head!.Flags & Http2Frame.EndStream) == 0);
        Assert.Equal(status, isEnd ? null : RawHttp2.StatusOf(head.Payload));
    }

    [Fact]
    public async Task A_listener_starts_with_the_greatest_limits_that_can_be_set()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token), largeRequests: true);
        await using var listener = await TestListener.StartAsync(
            TestListener.Service(upstream),
            options: new ListenerOptions { RequestLineSize = 1 << 20, RequestHeadersSize = 1 << 20, RequestHeaderCount = 10_000 });

        using var response = await AskAsync(listener, "1.1", 500_000, 500_000, 5_000);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("Http", "1.1")]
    [InlineData("Http", "2.0")]
    [InlineData("H2c", "2.0")]
    public async Task Response_headers_of_many_cookies_pass(string scheme, string version)
    {
        await using var upstream = await TestUpstream.StartAsync(CookiesAsync, scheme: Enum.Parse<UpstreamScheme>(scheme));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version), responseHeaders: 1024);

        using var response = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(50, response.Headers.GetValues("Set-Cookie").Count());
    }

    [Fact]
    public async Task Response_headers_above_the_limit_are_a_bad_gateway()
    {
        await using var upstream = await TestUpstream.StartAsync(CookiesAsync);
        await using var listener = await TestListener.StartAsync(
            TestListener.Service(upstream), options: new ListenerOptions { ResponseHeadersSize = 64 * 1024 });
        using var client = listener.Client(responseHeaders: 1024);

        using var response = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
    }

    // 200 KB.
    private static Task CookiesAsync(HttpContext context)
    {
        for (var i = 0; i < 50; i++)
        {
            context.Response.Headers.Append("Set-Cookie", $"cookie{i}={new string('c', 4000)}");
        }

        return Task.CompletedTask;
    }

    private static async Task<HttpResponseMessage> AskAsync(TestListener listener, string version, int path, int header, int count)
    {
        using var client = listener.Client(Version.Parse(version));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/" + new string('p', path))
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (header > 0)
        {
            request.Headers.Add("Cookie", new string('c', header));
        }

        for (var i = 0; i < count; i++)
        {
            request.Headers.Add($"X-{i}", "x");
        }

        return await client.SendAsync(request, Token);
    }
}
