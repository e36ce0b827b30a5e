using System.Net;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Http;

/// <summary>A client never takes a part for the whole, and an upstream never works for a client that has gone.</summary>
public sealed class BrokenExchangeTests
{
    // RFC 9113, section 8.1: such an upstream resets the rest of the body with NO_ERROR.
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task An_upstream_that_answers_without_having_read_the_body_is_believed(string version)
    {
        await using var upstream = await TestUpstream.StartAsync(
            context =>
            {
                context.Response.StatusCode = StatusCodes.Status422UnprocessableEntity;
                return Task.CompletedTask;
            },
            scheme: UpstreamScheme.H2c);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version));

        for (var request = 0; request < 100; request++)
        {
            using var body = new ByteArrayContent(new byte[5]);
            using var answer = await client.PostAsync("/", body, Token);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.1", "Http", false)]
    [InlineData("1.1", "Http", true)]
    [InlineData("2.0", "Http", false)]
    [InlineData("2.0", "Http", true)]
    [InlineData("1.1", "H2c", false)]
    [InlineData("2.0", "H2c", true)]
    public async Task An_upstream_that_dies_in_its_response_aborts_the_clients(string version, string scheme, bool hasLength)
    {
        var received = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(
            async context =>
            {
                context.Response.ContentLength = hasLength ? 1_000_000 : null;
                await context.Response.WriteAsync(new string('x', 1000), Token);
                await context.Response.Body.FlushAsync(Token);
                await received.Task.WaitAsync(Token);
                context.Abort();
            },
            scheme: Enum.Parse<UpstreamScheme>(scheme));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version));
        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, Token);
        await using var body = await response.Content.ReadAsStreamAsync(Token);
        await body.ReadExactlyAsync(new byte[1000], Token);

        received.SetResult();

        var broken = await Assert.ThrowsAnyAsync<IOException>(() => body.ReadAsync(new byte[1], Token).AsTask());
        // RFC 9113, section 7: INTERNAL_ERROR. CANCEL would be the client's own wish.
        Assert.Equal(version == "2.0" ? 2 : null, (broken as HttpProtocolException)?.ErrorCode);
        await Eventually.TrueAsync(() => listener.Metrics is { ActiveRequests: 0, FailedRequests: 1 });
    }

    [Fact]
    public async Task A_chunked_response_that_breaks_has_no_final_chunk()
    {
        var received = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            await context.Response.WriteAsync("part", Token);
            await context.Response.Body.FlushAsync(Token);
            await received.Task.WaitAsync(Token);
            context.Abort();
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        await using var stream = await listener.ConnectTlsAsync();
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: web\r\n\r\n"u8.ToArray(), Token);
        await RawHttp.ReadUntilAsync(stream, "4\r\npart\r\n");

        received.SetResult();

        var rest = "";
        try
        {
            rest = await RawHttp.ReadToEndAsync(stream);
        }
        catch (IOException)
        {
            // Cut, as it should be.
        }

        Assert.Equal("", rest);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_client_that_goes_away_cancels_the_upstreams_request(string version)
    {
        var started = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => cancelled.TrySetResult());
            started.SetResult();
            await cancelled.Task.WaitAsync(Token);
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version));
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var request = client.GetAsync("/", gone.Token);
        await started.Task.WaitAsync(Token);

        await gone.CancelAsync();

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_request_in_flight_finishes_within_the_drain(string version)
    {
        var started = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            started.SetResult();
            await release.Task.WaitAsync(Token);
            await context.Response.WriteAsync("done", Token);
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version));
        var request = client.GetStringAsync("/", Token);
        await started.Task.WaitAsync(Token);

        var stop = listener.Listener.StopAsync(TimeSpan.FromSeconds(20));
        release.SetResult();

        Assert.Equal("done", await request);
        await stop.WaitAsync(TimeSpan.FromSeconds(20), Token);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_request_that_outlasts_the_drain_is_cut_and_never_an_empty_200(string version)
    {
        var started = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            started.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version));
        var request = client.GetAsync("/", Token);
        await started.Task.WaitAsync(Token);

        await listener.Listener.StopAsync(TimeSpan.FromMilliseconds(100)).WaitAsync(TimeSpan.FromSeconds(20), Token);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => request);
    }

    [Fact]
    public async Task Stopping_twice_is_stopping_once_and_the_address_is_free_again()
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service());
        var end = listener.Listener.Ports.Https;

        await Task.WhenAll(listener.Listener.StopAsync(TimeSpan.FromSeconds(1)), listener.Listener.StopAsync(TimeSpan.Zero));

        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => listener.ConnectBareAsync(end));
    }
}
