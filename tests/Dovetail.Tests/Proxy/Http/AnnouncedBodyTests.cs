using System.Globalization;
using System.Text;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Http;

/// <summary>The length that a request over HTTP/2 says, and the one it has (RFC 9113, section 8.1.1).</summary>
public sealed class AnnouncedBodyTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_longer_body_reaches_no_container_as_a_whole(int length)
    {
        var whole = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var upstream = new RawUpstream(async (stream, _) =>
        {
            var body = new byte[length];
            var read = await stream.ReadAtLeastAsync(body, length, throwOnEndOfStream: false);
            whole.TrySetResult(read == length);
        });
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using var connection = await RawHttp2.StartAsync(await listener.ConnectTlsAsync("h2"));

        // The excess comes when the rest has long been read.
        await connection.SendAsync(Head(length), Data("abc"[..length], end: false));
        await connection.SendAsync(new Http2Frame(Http2Frame.Ping, 0, 0, new byte[8]));
        await connection.ReadUntilAsync(static frame => frame.Type == Http2Frame.Ping);
        if (length > 0)
        {
            await Eventually.TrueAsync(() => upstream.Heads.Count == 1, "the head to arrive");
        }

        await connection.SendAsync(Data("d", end: true));

        var answer = await connection.ReadUntilAsync(static frame => frame is { Stream: 1, Type: Http2Frame.Reset });
        Assert.NotNull(answer);
        if (length == 0)
        {
            Assert.Empty(upstream.Heads);
        }
        else
        {
            Assert.False(await whole.Task.WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    public async Task A_body_that_ends_with_a_frame_of_its_own_arrives(string content)
    {
        using var upstream = new RawUpstream(async (stream, _) =>
        {
            var body = new byte[content.Length];
            await stream.ReadExactlyAsync(body);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(RawUpstream.Echo(Encoding.ASCII.GetString(body))));
        });
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using var connection = await RawHttp2.StartAsync(await listener.ConnectTlsAsync("h2"));

        await connection.SendAsync(Head(content.Length), Data(content, end: false), Data("", end: true));

        Assert.Equal(200, (await connection.ReadAnswerAsync(1)).Status);
    }

    private static Http2Frame Head(int length)
    {
        var fields = RawHttp2.Request("/", "web", ("content-length", length.ToString(CultureInfo.InvariantCulture)))
            .Select(static field => field.Name == ":method" ? (field.Name, "POST") : field);
        return new Http2Frame(Http2Frame.Headers, Http2Frame.EndHeaders, 1, RawHttp2.Block(fields));
    }

    private static Http2Frame Data(string text, bool end) =>
        new(Http2Frame.Data, end ? Http2Frame.EndStream : (byte)0, 1, Encoding.ASCII.GetBytes(text));
}
