using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>What goes both ways for a while, through a peer and a node, compared with the same straight to the application.</summary>
public sealed class StreamingTests(ProtocolFixture fixture) : IClassFixture<ProtocolFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 300_000)]
    [InlineData("http", "1.1")]
    [InlineData("http", "2.0")]
    [InlineData("h2c", "1.1")]
    [InlineData("h2c", "2.0")]
    [InlineData("https", "2.0")]
    public async Task Each_server_sent_event_arrives_before_the_next_is_sent(string scheme, string version)
    {
        var straight = await EventsAsync(fixture.StraightClient(scheme, version), fixture.Straight(scheme));
        var through = await EventsAsync(fixture.PeerClient(version), fixture.Through(scheme));

        Assert.Contains("id: 2\ndata: event 2\n\n", straight, StringComparison.Ordinal);
        Assert.Equal(straight, through);
    }

    [Theory(Timeout = 300_000)]
    [InlineData("http", "1.1")]
    [InlineData("http", "2.0")]
    [InlineData("https+insecure", "1.1")]
    [InlineData("https+insecure", "2.0")]
    [InlineData("h2c", "2.0")]
    public async Task A_WebSocket_carries_every_message_and_the_close_of_either_side(string scheme, string version)
    {
        foreach (var isOurs in (bool[])[true, false])
        {
            var straight = await ChatAsync(fixture.StraightClient(scheme, version), fixture.Straight(scheme), isOurs);
            var through = await ChatAsync(fixture.PeerClient(version), fixture.Through(scheme), isOurs);

            Assert.Contains("protocol chat.v2", straight, StringComparison.Ordinal);
            Assert.Equal(straight, through);
        }
    }

    // Unary, server streaming, client streaming and both: how many messages go there, and whether each waits for its answer.
    [Theory(Timeout = 300_000)]
    [InlineData("h2c", 1, false)]
    [InlineData("h2c", 5, false)]
    [InlineData("h2c", 5, true)]
    [InlineData("https", 1, false)]
    [InlineData("https", 5, true)]
    public async Task A_gRPC_call_has_the_same_messages_and_trailers(string scheme, int messages, bool inTurn)
    {
        var straight = await CallAsync(fixture.StraightClient(scheme, "2.0"), fixture.Straight(scheme), messages, inTurn);
        var through = await CallAsync(fixture.PeerClient("2.0"), fixture.Through(scheme), messages, inTurn);

        Assert.Contains("grpc-status: 0", straight, StringComparison.Ordinal);
        Assert.Equal(straight, through);
    }

    [Theory(Timeout = 300_000)]
    [InlineData("h2c", "2.0")]
    [InlineData("https", "2.0")]
    public async Task Trailers_arrive_declared_or_not(string scheme, string version)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Get, new Uri(fixture.Straight(scheme), "trailers"));
        using var askThrough = new HttpRequestMessage(HttpMethod.Get, new Uri(fixture.Through(scheme), "trailers"));
        var straight = await Transcript.OfAsync(fixture.StraightClient(scheme, version), ask, reason: false, null, Cancellation);
        var through = await Transcript.OfAsync(fixture.PeerClient(version), askThrough, reason: false, null, Cancellation);

        Assert.Contains("X-UNDECLARED: a | b", straight, StringComparison.Ordinal);
        Assert.Equal(straight, through);
    }

    private static async Task<string> EventsAsync(HttpClient client, Uri site)
    {
        var step = ProtocolSteps.New();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(site, $"events?step={step}"))
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation)
            .WaitAsync(Patience, Cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
        var text = new StringBuilder($"{response.StatusCode} {response.Content.Headers.ContentType} {response.Headers.CacheControl}\n");
        var buffer = new byte[4096];
        int read;
        do
        {
            ProtocolSteps.Take(step);
            read = await body.ReadAsync(buffer, Cancellation).AsTask().WaitAsync(Patience, Cancellation);
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        while (read > 0);

        return text.ToString();
    }

    private static async Task<string> ChatAsync(HttpClient client, Uri site, bool closesFirst)
    {
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = client.DefaultRequestVersion;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.AddSubProtocol("chat.v1");
        socket.Options.AddSubProtocol("chat.v2");
        var url = new UriBuilder(new Uri(site, "socket")) { Scheme = site.Scheme == "https" ? "wss" : "ws" }.Uri;
        await socket.ConnectAsync(url, client, Cancellation).WaitAsync(Patience, Cancellation);
        var text = new StringBuilder($"protocol {socket.SubProtocol}\n");
        foreach (var size in (int[])[0, 1, 125, 126, 65_535, 65_536, 300_000])
        {
            var type = size == 126 ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
            await socket.SendAsync(new byte[size], type, endOfMessage: true, Cancellation);
            var (length, received) = await ReceiveAsync(socket);
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{received} of {length}\n");
        }

        if (closesFirst)
        {
            await socket.CloseAsync((WebSocketCloseStatus)3001, "enough", Cancellation).WaitAsync(Patience, Cancellation);
        }
        else
        {
            await socket.SendAsync("leave"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Cancellation);
            await ReceiveAsync(socket);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation).WaitAsync(Patience, Cancellation);
        }

        return text.Append(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{socket.CloseStatus} {socket.CloseStatusDescription} {socket.State}").ToString();
    }

    private static async Task<(int Length, WebSocketMessageType Type)> ReceiveAsync(ClientWebSocket socket)
    {
        var buffer = new byte[16 * 1024];
        var length = 0;
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), Cancellation).AsTask().WaitAsync(Patience, Cancellation);
            length += received.Count;
            if (received.EndOfMessage)
            {
                return (length, received.MessageType);
            }
        }
    }

    private static async Task<string> CallAsync(HttpClient client, Uri site, int messages, bool inTurn)
    {
        var content = new Messages();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(site, "copy"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
            Headers = { { "TE", "trailers" }, { "grpc-timeout", "10S" } },
        };
        content.Headers.ContentType = new("application/grpc+proto");
        for (var message = 0; message < messages && !inTurn; message++)
        {
            content.Send(Message(message));
        }

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation)
            .WaitAsync(Patience, Cancellation);
        await using var answers = await response.Content.ReadAsStreamAsync(Cancellation);
        var text = new StringBuilder($"{response.StatusCode} {response.Content.Headers.ContentType}\n");
        for (var message = 0; message < messages; message++)
        {
            if (inTurn)
            {
                content.Send(Message(message));
            }

            var answer = new byte[Message(message).Length];
            await answers.ReadExactlyAsync(answer, Cancellation).AsTask().WaitAsync(Patience, Cancellation);
            text.AppendLine(Convert.ToHexString(answer));
        }

        content.End();
        text.AppendLine($"{await answers.ReadAsync(new byte[1], Cancellation).AsTask().WaitAsync(Patience, Cancellation)} left");
        foreach (var (name, values) in response.TrailingHeaders.OrderBy(trailer => trailer.Key, StringComparer.Ordinal))
        {
            text.AppendLine($"{name}: {string.Join(" | ", values)}");
        }

        return text.ToString();
    }

    /// <summary>A gRPC message: not compressed, its length in four bytes, its bytes.</summary>
    private static byte[] Message(int number) => [0, 0, 0, 0, 3, 8, (byte)number, (byte)(255 - number)];

    /// <summary>The messages of a call, each of which goes out at once.</summary>
    private sealed class Messages : HttpContent
    {
        private readonly Channel<byte[]> _messages = Channel.CreateUnbounded<byte[]>();

        public void Send(byte[] message) => _messages.Writer.TryWrite(message);

        public void End() => _messages.Writer.Complete();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            await foreach (var message in _messages.Reader.ReadAllAsync())
            {
                await stream.WriteAsync(message);
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
