using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Tests.Proxy.Http;

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

    [Theory]
    [InlineData("Http", "1.1")]
    [InlineData("Http", "2.0")]
    [InlineData("H2c", "2.0")]
    public async Task An_event_stream_opens_at_once_and_each_event_passes_at_once(string scheme, string version)
    {
        var open = new TaskCompletionSource();
        var first = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(
            async context =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.FlushAsync(Token);
                await open.Task.WaitAsync(Token);
                await context.Response.WriteAsync("data: 1\n\n", Token);
                await context.Response.Body.FlushAsync(Token);
                await first.Task.WaitAsync(Token);
                await context.Response.WriteAsync("data: 2\n\n", Token);
            },
            scheme: Enum.Parse<UpstreamScheme>(scheme));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version));

        // The header, while the upstream has not sent a byte of body.
        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, Token).WaitAsync(TimeSpan.FromSeconds(20), Token);
        open.SetResult();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        Assert.Equal("data: 1", await reader.ReadLineAsync(Token).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token));
        first.SetResult();

        Assert.Equal("\ndata: 2\n\n", await reader.ReadToEndAsync(Token));
    }

    [Theory]
    [InlineData("Http", "1.1")]
    [InlineData("Http", "2.0")]
    [InlineData("HttpsInsecure", "1.1")]
    [InlineData("HttpsInsecure", "2.0")]
    public async Task A_WebSocket_passes_messages_and_the_close_both_ways(string scheme, string version)
    {
        await using var upstream = await TestUpstream.StartAsync(EchoWebSocketAsync, scheme: Enum.Parse<UpstreamScheme>(scheme));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version));
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.AddSubProtocol("chat");
        await socket.ConnectAsync(new Uri($"wss://{TestListener.HostName}/ws"), client, Token);
        Assert.Equal("chat", socket.SubProtocol);
        var buffer = new byte[100_000];

        foreach (var size in new[] { 0, 1, 200, 100_000 })
        {
            await socket.SendAsync(new byte[size], WebSocketMessageType.Binary, true, Token);
            var total = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(buffer.AsMemory(), Token);
                total += received.Count;
            }
            while (!received.EndOfMessage);

            Assert.Equal(size, total);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", Token);
        Assert.Equal("bye", socket.CloseStatusDescription);
        await Eventually.TrueAsync(() => listener.Listener.Statistics.ActiveRequests == 0);
    }

    [Fact]
    public async Task Stopping_ends_an_open_WebSocket()
    {
        await using var upstream = await TestUpstream.StartAsync(EchoWebSocketAsync);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("chat");
        await socket.ConnectAsync(new Uri($"wss://{TestListener.HostName}/ws"), client, Token);

        await listener.Listener.StopAsync(TimeSpan.FromMilliseconds(100)).WaitAsync(TimeSpan.FromSeconds(20), Token);

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[1], Token));
    }

    [Theory]
    [InlineData("Http", "1.1")]
    [InlineData("Http", "2.0")]
    [InlineData("H2c", "1.1")]
    [InlineData("H2c", "2.0")]
    [InlineData("HttpsInsecure", "2.0")]
    public async Task A_request_body_passes_as_it_comes(string scheme, string version)
    {
        var arrived = new SemaphoreSlim(0);
        await using var upstream = await TestUpstream.StartAsync(
            async context =>
            {
                while (await context.Request.Body.ReadAsync(new byte[1], Token) > 0)
                {
                    arrived.Release();
                }
            },
            scheme: Enum.Parse<UpstreamScheme>(scheme));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version));
        var body = new Turns();
        var request = client.PostAsync("/", body, Token);

        for (byte turn = 0; turn < 5; turn++)
        {
            body.Say(turn);
            Assert.True(await arrived.WaitAsync(TimeSpan.FromSeconds(20), Token), $"Byte {turn} did not arrive.");
        }

        body.End();
        using var response = await request;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_gRPC_exchange_streams_both_ways_and_ends_with_trailers()
    {
        await using var upstream = await TestUpstream.StartAsync(
            async context =>
            {
                context.Response.ContentType = "application/grpc";
                await context.Response.Body.FlushAsync(Token);
                while (await context.Request.BodyReader.ReadAsync(Token) is { IsCompleted: false } read)
                {
                    await context.Response.BodyWriter.WriteAsync(read.Buffer.ToArray(), Token);
                    context.Request.BodyReader.AdvanceTo(read.Buffer.End);
                }

                context.Response.AppendTrailer("grpc-status", "0");
                context.Response.AppendTrailer("grpc-message", "fine");
            },
            scheme: UpstreamScheme.H2c);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(HttpVersion.Version20);
        var requests = new Turns();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/greet.Greeter/Talk")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = requests,
            Headers = { { "TE", "trailers" } },
        };
        request.Content.Headers.ContentType = new("application/grpc");

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token).WaitAsync(TimeSpan.FromSeconds(20), Token);
        await using var answers = await response.Content.ReadAsStreamAsync(Token);
        for (byte turn = 1; turn <= 3; turn++)
        {
            requests.Say(turn);
            var answer = new byte[1];
            await answers.ReadExactlyAsync(answer, Token).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token);
            Assert.Equal(turn, answer[0]);
        }

        requests.End();
        Assert.Equal(0, await answers.ReadAsync(new byte[1], Token));
        Assert.Equal("0", response.TrailingHeaders.GetValues("grpc-status").Single());
        Assert.Equal("fine", response.TrailingHeaders.GetValues("grpc-message").Single());
    }

    [Fact]
    public async Task A_gRPC_error_without_a_body_is_passed_on()
    {
        await using var upstream = await TestUpstream.StartAsync(
            context =>
            {
                context.Response.ContentType = "application/grpc";
                context.Response.AppendTrailer("grpc-status", "12");
                return Task.CompletedTask;
            },
            scheme: UpstreamScheme.H2c);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(HttpVersion.Version20);
        using var content = new ByteArrayContent([0, 0, 0, 0, 0]);
        content.Headers.ContentType = new("application/grpc");

        using var response = await client.PostAsync("/x", content, Token);
        await response.Content.ReadAsByteArrayAsync(Token);

        Assert.Equal("12", response.TrailingHeaders.GetValues("grpc-status").Single());
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

        await refused.WriteAsync("POST /no HTTP/1.1\r\nHost: web\r\nContent-Length: 5000000\r\nExpect: 100-continue\r\n\r\n"u8.ToArray(), Token);
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

        var answer = await RawHttp.ExchangeAsync(stream, "GET / HTTP/1.1\r\nHost: web\r\nX-Name: Zo\u00c3\u00ab\r\nConnection: close\r\n\r\n");

        // Two bytes of UTF-8 arrived as two bytes.
        Assert.Contains("X-Seen: 4\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("Set-Cookie: a=1; path=/\r\nSet-Cookie: b=2, with comma\r\n", answer, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Large_bodies_arrive_whole_in_both_directions_and_are_kept_nowhere_on_the_way(string version)
    {
        const long size = 50_000_000;
        await using var up = new Flow(size);
        await using var down = new Flow(size);
        var arrived = (0L, false);
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            arrived = await up.ReceiveAsync(context.Request.Body, Token);
            await down.CopyToAsync(context.Response.Body, Token);
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version));

        using var request = new HttpRequestMessage(HttpMethod.Post, "/")
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StreamContent(up),
        };
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        await using var body = await response.Content.ReadAsStreamAsync(Token);

        Assert.Equal((size, true), await down.ReceiveAsync(body, Token));
        Assert.Equal((size, true), arrived);
    }

    [Fact]
    public async Task A_silent_exchange_is_not_cut()
    {
        // The same setting that is infinite in earnest: a short one cuts, so the long one is what keeps it.
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            await context.Response.WriteAsync("a", Token);
            await context.Response.Body.FlushAsync(Token);
            await Task.Delay(TimeSpan.FromSeconds(2), context.RequestAborted);
            await context.Response.WriteAsync("b", Token);
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        await using var cutting = await TestListener.StartAsync(
            TestListener.Service(upstream), limits: new() { ActivityTimeout = TimeSpan.FromMilliseconds(300) });
        using var client = listener.Client();
        using var cut = cutting.Client();

        Assert.Equal("ab", await client.GetStringAsync("/", Token));
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => cut.GetStringAsync("/", Token));
    }

    private static async Task<Stream> DirectAsync(TestUpstream upstream)
    {
        var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(upstream.Upstream.Host, upstream.Upstream.Port, Token);
        return client.GetStream();
    }

    private static async Task EchoWebSocketAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync("chat");
        var buffer = new byte[32 * 1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), Token);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(socket.CloseStatus!.Value, socket.CloseStatusDescription, Token);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, Token);
        }
    }
}
