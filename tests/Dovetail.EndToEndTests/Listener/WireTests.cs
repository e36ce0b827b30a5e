using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>HTTP/1.1 byte by byte, for what no ordinary client does or shows.</summary>
public sealed partial class WireTests(ProtocolFixture fixture) : IClassFixture<ProtocolFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 300_000)]
    [InlineData("GET /pieces HTTP/1.1\r\nHost: http\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /pieces HTTP/1.0\r\nHost: http\r\n\r\n")]
    [InlineData("HEAD /file HTTP/1.1\r\nHost: http\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /file HTTP/1.0\r\n\r\n")]
    [InlineData("GET /status?code=299&reason=Quite%20Fine HTTP/1.1\r\nHost: http\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /status?code=204 HTTP/1.1\r\nHost: http\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /not-modified HTTP/1.1\r\nHost: http\r\nConnection: close\r\n\r\n")]
    [InlineData(
        "POST /echo HTTP/1.1\r\nHost: http\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: http\r\nConnection: close\r\nContent-Length: 5\r\n\r\nabcde")]
    [InlineData("GET /echo HTTP/1.1\r\nHost: http\r\n\r\nGET /echo?second HTTP/1.1\r\nHost: http\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /large-header HTTP/1.1\r\nHost: http\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /headers HTTP/1.1\r\nHost: http\r\nConnection: close\r\n\r\n")]
    [InlineData("OPTIONS /echo HTTP/1.1\r\nHost: http\r\nConnection: close\r\nOrigin: https://a.example\r\n\r\n")]
    public async Task The_same_bytes_get_the_same_bytes_and_the_same_close(string request)
    {
        await using var straight = await StraightAsync();
        await using var through = await ThroughAsync();

        Assert.Equal(await ExchangeAsync(straight, request), await ExchangeAsync(through, request));
    }

    [Theory(Timeout = 300_000)]
    [InlineData(
        "POST /refuse HTTP/1.1\r\nHost: http\r\nConnection: close\r\nContent-Length: 5000000\r\nExpect: 100-continue\r\n\r\n",
        "HTTP/1.1 413")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: http\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", "HTTP/1.1 100")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: http\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n", "HTTP/1.1 100")]
    public async Task A_body_is_asked_for_when_the_application_asks(string request, string answer)
    {
        foreach (var stream in (Stream[])[await StraightAsync(), await ThroughAsync()])
        {
            await using (stream)
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(request), Cancellation);
                var first = new byte[answer.Length];
                await stream.ReadExactlyAsync(first, Cancellation).AsTask().WaitAsync(Patience, Cancellation);
                Assert.Equal(answer, Encoding.Latin1.GetString(first));
            }
        }
    }

    private static async Task<string> ExchangeAsync(Stream stream, string request)
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), Cancellation);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var answer = await reader.ReadToEndAsync(Cancellation).WaitAsync(Patience, Cancellation);

        // How a body is cut into chunks belongs to the hop (RFC 9112 section 7.1); that its last one comes does not.
        answer = Chunks()
            .Replace(
                answer, body => string.Concat(Chunk().Matches(body.Value).Select(chunk => chunk.Groups[1].Value)) + "<the last chunk>");

        // The order of different fields has no meaning (RFC 9110 section 5.3); of each answer the header is sorted.
        return Header().Replace(Date().Replace(answer, ""), header =>
            string.Join(
                "\r\n",
                header.Value.Split("\r\n").Take(1).Concat(header.Value.Split("\r\n").Skip(1).Order(StringComparer.OrdinalIgnoreCase))));
    }

    [GeneratedRegex(@"(?<=\r\n\r\n)(?:[0-9a-f]+\r\n[^\r]*\r\n)*0\r\n\r\n")]
    private static partial Regex Chunks();

    [GeneratedRegex(@"[0-9a-f]+\r\n([^\r]*)\r\n")]
    private static partial Regex Chunk();

    [GeneratedRegex("(?<=\r\n)Date: (?!.* 2030 )[^\r]*\r\n")]
    private static partial Regex Date();

    [GeneratedRegex(@"HTTP/1\.[01] \d\d\d [^\r]*\r\n(?:[^\r]+\r\n)*")]
    private static partial Regex Header();

    private async Task<Stream> StraightAsync()
    {
        var site = fixture.Straight("http");
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(site.Host, site.Port, Cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private async Task<Stream> ThroughAsync() => await fixture.Peer.SecureAsync(fixture.Through("http").Host, Cancellation);
}
