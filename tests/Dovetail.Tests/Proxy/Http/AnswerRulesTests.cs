using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Http;

/// <summary>Answers that are unusual, or wrong: what a browser takes is passed on, what can be read in two ways is not.</summary>
public sealed class AnswerRulesTests
{
    [Theory]
    [InlineData("204 No Content\r\nContent-Length: 5\r\n\r\nhello", "204 No Content", "")]
    [InlineData("205 Reset Content\r\nContent-Length: 5\r\n\r\nhello", "205 Reset Content", "")]
    [InlineData("304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304 Not Modified", "")]
    [InlineData("200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "200 OK", "hello")]
    [InlineData("200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", "200 OK", "hello")]
    [InlineData("200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "200 OK", "hi")]
    [InlineData("299 Odd One\r\nContent-Length: 2\r\n\r\nhi", "299 Odd One", "hi")]
    public async Task What_a_browser_takes_is_passed_on(string answer, string status, string content)
    {
        using var upstream = new RawUpstream(_ => $"HTTP/1.1 {answer}");
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using var stream = await listener.ConnectTlsAsync();

        var received = await RawHttp.ExchangeAsync(stream, "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n");

        Assert.StartsWith($"HTTP/1.1 {status}\r\n", received);
        var body = received[(received.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.Equal(content, body.Replace("2\r\nhi\r\n0\r\n\r\n", "hi", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello!")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello")]
    [InlineData("HTTP/1.1 abc\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nNo colon here\r\n\r\n")]
    public async Task What_is_no_answer_is_named_so(string answer)
    {
        using var upstream = new RawUpstream(_ => answer);
        await using var listener = await TestListener.StartAsync(upstream.Service);
        using var client = listener.Client();

        using var received = await client.GetAsync("/", Token);

        Assert.Equal(System.Net.HttpStatusCode.BadGateway, received.StatusCode);
        Assert.Contains("sent an answer that is not HTTP", await received.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task What_the_answers_Connection_names_goes_no_further()
    {
        using var upstream = new RawUpstream(_ =>
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close, X-Hop , content-length\r\nX-Hop: 1\r\nX-Kept: 1\r\n\r\n");
        await using var listener = await TestListener.StartAsync(upstream.Service);
        using var client = listener.Client();

        using var received = await client.GetAsync("/", Token);

        Assert.False(received.Headers.Contains("X-Hop"));
        Assert.True(received.Headers.Contains("X-Kept"));
        Assert.Equal(0, received.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData("http://127.99.0.4/login?a=b#c", "https://web.example.ts.net/login?a=b#c")]
    [InlineData("http://127.99.0.4:PORT/login", "https://web.example.ts.net/login")]
    [InlineData("https://APP/login", "https://web.example.ts.net/login")]
    [InlineData("http://app", "https://web.example.ts.net/")]
    [InlineData("http://app?x", "https://web.example.ts.net/?x")]
    [InlineData("//app/x", "https://web.example.ts.net/x")]
    [InlineData("http://0123456789ab/x", "https://web.example.ts.net/x")]
    [InlineData("http://127.99.0.4:1/other", "http://127.99.0.4:1/other")]
    [InlineData("http://app.example/x", "http://app.example/x")]
    [InlineData("http://user@app/x", "http://user@app/x")]
    [InlineData("/relative", "/relative")]
    [InlineData("https://web.example.ts.net/y", "https://web.example.ts.net/y")]
    [InlineData("mailto:app", "mailto:app")]
    public async Task A_redirect_to_the_containers_own_address_leads_to_the_service(string location, string expected)
    {
        var port = 0;
        using var upstream = new RawUpstream(_ =>
            $"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location.Replace("PORT", $"{port}", StringComparison.Ordinal)}\r\n\r\n");
        port = upstream.Service.Upstreams[0].Port;
        await using var listener = await TestListener.StartAsync(upstream.Service);
        using var client = listener.Client();

        using var rewritten = await client.GetAsync("/", Token);
        await listener.UpdateAsync(upstream.Service with { Redirects = RedirectMode.Keep });
        using var kept = await client.GetAsync("/", Token);

        // The typed header would normalize it.
        Assert.Equal(expected, rewritten.Headers.NonValidated["Location"].ToString());
        Assert.Equal(location.Replace("PORT", $"{port}", StringComparison.Ordinal), kept.Headers.NonValidated["Location"].ToString());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
