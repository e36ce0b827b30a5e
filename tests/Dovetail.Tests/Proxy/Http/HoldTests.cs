using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Http;

/// <summary>Requests that wait for an upstream (<c>dovetail.hold</c>).</summary>
public sealed class HoldTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_request_waits_with_its_body_for_an_upstream_to_appear(string version)
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service());
        using var client = listener.Client(Version.Parse(version));
        var request = client.PostAsync("/", new StringContent(new string('x', 300_000)), Token);
        await Eventually.TrueAsync(() => listener.Metrics.HeldRequests == 1);

        await using var upstream = await TestUpstream.StartAsync(Echo.BodyAsync);
        await listener.UpdateAsync(TestListener.Service(upstream));

        using var response = await request;
        Assert.Equal(300_000, (await response.Content.ReadAsStringAsync(Token)).Length);
    }

    [Fact]
    public async Task A_request_waits_for_an_upstream_that_does_not_accept_yet()
    {
        var starting = await TestUpstream.GoneAsync("app");
        await using var listener = await TestListener.StartAsync(TestListener.Service() with { Upstreams = [starting] });
        using var client = listener.Client();
        var request = client.PostAsync("/", new StringContent("body"), Token);
        await Eventually.TrueAsync(() => listener.Metrics.HeldRequests == 1);

        await using var upstream = await TestUpstream.StartAsync(Echo.BodyAsync, "app", port: starting.Port);

        using var response = await request;
        Assert.Equal("body", await response.Content.ReadAsStringAsync(Token));
    }

    [Theory]
    [InlineData(NotRunningState.Paused, "This service's container is paused.")]
    [InlineData(NotRunningState.Restarting, "The application ends again and again.")]
    [InlineData(NotRunningState.Ended, "The application has ended.")]
    [InlineData(null, "No network leads to this service's container.")]
    internal async Task Without_an_upstream_the_page_says_what_the_status_says(NotRunningState? state, string reason)
    {
        var service = TestListener.Service() with { Hold = TimeSpan.Zero };
        await using var listener = await TestListener.StartAsync(service);
        using var client = listener.Client();

        await listener.UpdateAsync(state is { } why
            ? service with { NotRunning = [new ContainerNotRunning("web", why)] }
            : service with { Unreachable = [new UnreachableContainer("web", "no way to port 80")] });
        using var response = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal($"503 Service Unavailable\nweb: {reason}\n", await response.Content.ReadAsStringAsync(Token));
    }

    [Theory]
    // Nothing leads there from any machine: the kernel says so at once.
    [InlineData("255.255.255.255", "The application cannot be reached: no network leads to it.")]
    [InlineData("127.0.0.1", "The application does not accept connections.")]
    public async Task The_page_tells_a_container_without_a_way_from_one_that_refuses(string host, string reason)
    {
        var upstream = (await TestUpstream.GoneAsync("app")) with { Host = host };
        await using var listener = await TestListener.StartAsync(
            TestListener.Service() with { Upstreams = [upstream], Hold = TimeSpan.Zero });
        using var client = listener.Client();

        using var response = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal($"502 Bad Gateway\nweb: {reason}\n", await response.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Without_a_container_the_answer_after_the_hold_is_503()
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service() with { Hold = TimeSpan.FromMilliseconds(200) });
        using var client = listener.Client();
        var start = Stopwatch.GetTimestamp();

        using var response = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(5), response.Headers.RetryAfter!.Delta);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromMilliseconds(190), TimeSpan.FromSeconds(10));
        Assert.Equal(
            "503 Service Unavailable\nweb: No container of this service is running.\n", await response.Content.ReadAsStringAsync(Token));
        Assert.True(response.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task No_more_requests_are_held_than_there_is_room_for()
    {
        var options = new ListenerOptions { HeldPerService = 2 };
        await using var listener = await TestListener.StartAsync(
            TestListener.Service() with { Hold = TimeSpan.FromMinutes(1) }, options: options);
        using var client = listener.Client(HttpVersion.Version20);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var held = new[] { client.GetAsync("/", cancel.Token), client.GetAsync("/", cancel.Token) };
        await Eventually.TrueAsync(() => listener.Metrics.HeldRequests == 2);

        using var response = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        await cancel.CancelAsync();
        await Eventually.TrueAsync(() => listener.Metrics is { HeldRequests: 0, ActiveRequests: 0 });
        await Task.WhenAll(held).ContinueWith(_ => { }, Token, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    [Fact]
    public async Task A_held_request_is_answered_503_when_the_listener_stops()
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service() with { Hold = TimeSpan.FromMinutes(1) });
        using var client = listener.Client();
        var held = client.GetAsync("/", Token);
        await Eventually.TrueAsync(() => listener.Metrics.HeldRequests == 1);

        await listener.Listener.StopAsync(TimeSpan.FromSeconds(10));

        using var response = await held;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Fact]
    public async Task While_the_only_container_stops_what_may_be_repeated_is_sent_and_the_rest_waits_for_the_next_one()
    {
        await using var leaving = await TestUpstream.StartAsync(context => context.Response.WriteAsync("leaving", Token), "leaving");
        await using var next = await TestUpstream.StartAsync(context => context.Response.WriteAsync("next", Token), "next");
        await using var listener = await TestListener.StartAsync(
            TestListener.Service() with { Upstreams = [leaving.Upstream with { Health = UpstreamHealth.Stopping }] });
        using var client = listener.Client();

        var post = client.PostAsync("/", new StringContent("body"), Token);
        await Eventually.TrueAsync(() => listener.Metrics.HeldRequests == 1);
        Assert.Equal("leaving", await client.GetStringAsync("/", Token));
        Assert.False(post.IsCompleted);
        await listener.UpdateAsync(TestListener.Service(next));

        using var response = await post;
        Assert.Equal("next", await response.Content.ReadAsStringAsync(Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    public async Task A_container_that_does_not_stop_after_all_gets_what_has_waited_for_the_hold(int holdMilliseconds)
    {
        await using var staying = await TestUpstream.StartAsync(context => context.Response.WriteAsync("staying", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service() with
        {
            Hold = TimeSpan.FromMilliseconds(holdMilliseconds),
            Upstreams = [staying.Upstream with { Health = UpstreamHealth.Stopping }],
        });
        using var client = listener.Client();

        using var response = await client.PostAsync("/", new StringContent("body"), Token);

        Assert.Equal("staying", await response.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task A_request_does_not_wait_for_a_connection_to_an_upstream_that_has_gone()
    {
        using var silent = new SilentServer();
        await using var next = await TestUpstream.StartAsync(Echo.BodyAsync, "next");
        await using var listener = await TestListener.StartAsync(
            TestListener.Service() with { Upstreams = [silent.Upstream] }, options: new() { ConnectTimeout = TimeSpan.FromMinutes(10) });
        using var client = listener.Client();
        var request = client.PostAsync("/", new StringContent("body"), Token);
        await Eventually.TrueAsync(() => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections()
            .Any(tcp => tcp.State == TcpState.SynSent && tcp.RemoteEndPoint.Equals(silent.EndPoint)));

        await listener.UpdateAsync(TestListener.Service(next));

        using var response = await request.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal("body", await response.Content.ReadAsStringAsync(Token));
    }
}
