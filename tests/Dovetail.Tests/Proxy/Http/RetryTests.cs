using System.Net;
using System.Net.NetworkInformation;
using Dovetail.Proxy.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Http;

/// <summary>Requests that are sent elsewhere or again, and what the client is told when that does not help.</summary>
public sealed class RetryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refused_connection_is_retried_on_another_replica()
    {
        var gone = await TestUpstream.GoneAsync("gone");
        await using var alive = await TestUpstream.StartAsync(Echo.BodyAsync, "alive");
        var service = TestListener.Service(alive);
        await using var listener = await TestListener.StartAsync(
            service with { Upstreams = [gone, alive.Upstream, gone with { ContainerId = "gone-2" }] });
        using var client = listener.Client();

        for (var i = 0; i < 20; i++)
        {
            using var response = await client.PostAsync("/", new StringContent($"body {i}"), Token);
            Assert.Equal($"body {i}", await response.Content.ReadAsStringAsync(Token));
        }
    }

    [Fact]
    public async Task A_refused_connection_is_retried_on_another_replica_without_any_hold()
    {
        var gone = await TestUpstream.GoneAsync("gone");
        await using var alive = await TestUpstream.StartAsync(Echo.BodyAsync, "alive");
        await using var listener = await TestListener.StartAsync(
            TestListener.Service() with { Hold = TimeSpan.Zero, Upstreams = [gone, alive.Upstream] });
        using var client = listener.Client();

        for (var i = 0; i < 4; i++)
        {
            using var response = await client.PostAsync("/", new StringContent("body"), Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task When_every_upstream_refuses_the_answer_is_502_and_says_nothing_internal(int holdMilliseconds)
    {
        var gone = await TestUpstream.GoneAsync("secret-container-id");
        await using var listener = await TestListener.StartAsync(
            TestListener.Service() with { Hold = TimeSpan.FromMilliseconds(holdMilliseconds), Upstreams = [gone] });
        using var client = listener.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Accept", "text/html,*/*" } } };

        using var response = await client.SendAsync(request, Token);
        var page = await response.Content.ReadAsStringAsync(Token);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("<h1>web</h1>", page, StringComparison.Ordinal);
        Assert.DoesNotContain(gone.Host, page, StringComparison.Ordinal);
        Assert.DoesNotContain(gone.ContainerId, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upstream_that_does_not_answer_the_connection_is_504()
    {
        using var silent = new SilentServer();
        var options = new ListenerOptions { ConnectTimeout = TimeSpan.FromMilliseconds(200) };
        await using var listener = await TestListener.StartAsync(
            TestListener.Service() with { Hold = TimeSpan.Zero, Upstreams = [silent.Upstream] }, options: options);
        using var client = listener.Client();

        using var response = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
    }

    [Fact]
    public async Task An_upstream_that_breaks_off_without_an_answer_is_502_and_a_POST_is_sent_once()
    {
        var requests = 0;
        await using var upstream = await BreakingUpstreamAsync(() => Interlocked.Increment(ref requests));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(HttpVersion.Version20);

        using var response = await client.PostAsync("/", content: null, Token);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(1, requests);
    }

    [Fact]
    public async Task A_GET_that_the_upstream_always_breaks_is_502_after_a_few_tries()
    {
        var requests = 0;
        await using var upstream = await BreakingUpstreamAsync(() => Interlocked.Increment(ref requests));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(HttpVersion.Version20);
        using var response = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.InRange(requests, 2, 16);
    }

    [Fact]
    public async Task A_GET_that_is_broken_by_one_restart_after_another_is_answered_in_the_end()
    {
        var arrived = new SemaphoreSlim(0);
        await using var listener = await TestListener.StartAsync(TestListener.Service());
        using var client = listener.Client();
        var request = client.GetStringAsync("/", Token);

        for (var restart = 0; restart < 6; restart++)
        {
            await using var dying = await TestUpstream.StartAsync(
                async context =>
                {
                    arrived.Release();
                    await Task.Delay(Timeout.Infinite, context.RequestAborted);
                },
                $"run-{restart}");
            await listener.UpdateAsync(TestListener.Service(dying));
            Assert.True(await arrived.WaitAsync(TimeSpan.FromSeconds(20), Token));
            await listener.UpdateAsync(TestListener.Service());
        }

        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token), "last");
        await listener.UpdateAsync(TestListener.Service(upstream));
        Assert.Equal("ok", await request);
    }

    [Fact]
    public async Task A_container_that_restarts_under_load_costs_no_request()
    {
        var first = await TestUpstream.StartAsync(AnswerInOnePieceAsync);
        var port = first.Upstream.Port;
        await using var listener = await TestListener.StartAsync(TestListener.Service(first));
        using var client = listener.Client();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var answered = 0;
        var load = Enumerable.Range(0, 8).Select(_ => LoadAsync(client, () => Interlocked.Increment(ref answered), enough.Token)).ToArray();

        for (var restart = 0; restart < 5; restart++)
        {
            await first.DisposeAsync();
            await Eventually.TrueAsync(() => listener.Metrics.HeldRequests > 0 || load.Any(task => task.IsFaulted));
            first = await TestUpstream.StartAsync(AnswerInOnePieceAsync, port: port);
            var before = Volatile.Read(ref answered);
            await Eventually.TrueAsync(() => Volatile.Read(ref answered) > before + 20 || load.Any(task => task.IsFaulted));
        }

        await enough.CancelAsync();
        await Task.WhenAll(load);
        await first.DisposeAsync();
    }

    [Fact]
    public async Task Five_hundred_changed_upstreams_leave_no_connection_behind()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client();

        for (var i = 0; i < 500; i++)
        {
            // A recreated container with the IP of the old one.
            await listener.UpdateAsync(TestListener.Service() with { Upstreams = [upstream.Upstream with { ContainerId = $"app-{i}" }] });
            Assert.Equal("ok", await client.GetStringAsync("/", Token));
        }

        await Eventually.TrueAsync(() => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections()
            .Count(tcp => tcp.State == TcpState.Established && tcp.RemoteEndPoint.Port == upstream.Upstream.Port) <= 1);
    }

    private static async Task LoadAsync(HttpClient client, Action onAnswer, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            Assert.Equal("ok", await client.GetStringAsync("/", Token));
            onAnswer();
        }
    }

    // With its length: whoever is killed has sent all of it or nothing.
    private static Task AnswerInOnePieceAsync(HttpContext context)
    {
        context.Response.ContentLength = 2;
        return context.Response.WriteAsync("ok", Token);
    }

    private static Task<TestUpstream> BreakingUpstreamAsync(Action onRequest) => TestUpstream.StartAsync(context =>
    {
        onRequest();
        context.Abort();
        return Task.CompletedTask;
    });
}
