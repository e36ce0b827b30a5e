using System.Buffers;
using System.Net;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Http;

/// <summary>Bodies that pass as they come, for as long as they take.</summary>
public sealed class StreamingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

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
        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, Token)
            .WaitAsync(TimeSpan.FromSeconds(20), Token);
        open.SetResult();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        Assert.Equal("data: 1", await reader.ReadLineAsync(Token).AsTask().WaitAsync(TimeSpan.FromSeconds(20), Token));
        first.SetResult();

        Assert.Equal("\ndata: 2\n\n", await reader.ReadToEndAsync(Token));
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

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token)
            .WaitAsync(TimeSpan.FromSeconds(20), Token);
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
        var release = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            await context.Response.WriteAsync("a", Token);
            await context.Response.Body.FlushAsync(Token);
            await release.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync("b", Token);
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        await using var cutting = await TestListener.StartAsync(
            TestListener.Service(upstream), options: new() { ActivityTimeout = TimeSpan.FromMilliseconds(300) });
        using var client = listener.Client();
        using var impatient = cutting.Client();
        using var kept = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, Token);

        // The same setting that is infinite in earnest: a short one cuts, so the long one is what keeps the other.
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => impatient.GetStringAsync("/", Token));
        release.SetResult();

        Assert.Equal("ab", await kept.Content.ReadAsStringAsync(Token));
    }
}
