using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Http;

public sealed class HoldAndRetryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_refused_connection_is_retried_on_another_replica()
    {
        var gone = await GoneAsync("gone");
        await using var alive = await TestUpstream.StartAsync(EchoBodyAsync, "alive");
        var service = TestListener.Service(alive);
        await using var listener = await TestListener.StartAsync(service with { Upstreams = [gone, alive.Upstream, gone with { ContainerId = "gone-2" }] });
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
        var gone = await GoneAsync("gone");
        await using var alive = await TestUpstream.StartAsync(EchoBodyAsync, "alive");
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
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_request_waits_with_its_body_for_an_upstream_to_appear(string version)
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service());
        using var client = listener.Client(Version.Parse(version));
        var request = client.PostAsync("/", new StringContent(new string('x', 300_000)), Token);
        await Eventually.TrueAsync(() => listener.Listener.Statistics.HeldRequests == 1);

        await using var upstream = await TestUpstream.StartAsync(EchoBodyAsync);
        await listener.UpdateAsync(TestListener.Service(upstream));

        using var response = await request;
        Assert.Equal(300_000, (await response.Content.ReadAsStringAsync(Token)).Length);
    }

    [Fact]
    public async Task A_request_waits_for_an_upstream_that_does_not_accept_yet()
    {
        var starting = await GoneAsync("app");
        await using var listener = await TestListener.StartAsync(TestListener.Service() with { Upstreams = [starting] });
        using var client = listener.Client();
        var request = client.PostAsync("/", new StringContent("body"), Token);
        await Eventually.TrueAsync(() => listener.Listener.Statistics.HeldRequests == 1);

        await using var upstream = await TestUpstream.StartAsync(EchoBodyAsync, "app", port: starting.Port);

        using var response = await request;
        Assert.Equal("body", await response.Content.ReadAsStringAsync(Token));
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
        Assert.Equal("503 Service Unavailable\nweb: No container of this service is running.\n", await response.Content.ReadAsStringAsync(Token));
        Assert.True(response.Headers.CacheControl!.NoStore);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task When_every_upstream_refuses_the_answer_is_502_and_says_nothing_internal(int holdMilliseconds)
    {
        var gone = await GoneAsync("secret-container-id");
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
        // A listening socket whose queue is full answers no SYN.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Parse("127.99.0.3"), 0));
        full.Listen(0);
        var end = (IPEndPoint)full.LocalEndPoint!;
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(end, Token);
        var upstream = new Upstream { ContainerId = "a", ContainerName = "a", Scheme = UpstreamScheme.Http, Host = "127.99.0.3", Port = end.Port, Route = "" };
        var limits = new ListenerOptions { ConnectTimeout = TimeSpan.FromMilliseconds(200) };
        await using var listener = await TestListener.StartAsync(
            TestListener.Service() with { Hold = TimeSpan.Zero, Upstreams = [upstream] }, limits: limits);
        using var client = listener.Client();

        using var response = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
    }

    [Fact]
    public async Task No_more_requests_are_held_than_there_is_room_for()
    {
        var limits = new ListenerOptions { HeldPerService = 2 };
        await using var listener = await TestListener.StartAsync(TestListener.Service() with { Hold = TimeSpan.FromMinutes(1) }, limits: limits);
        using var client = listener.Client(HttpVersion.Version20);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var held = new[] { client.GetAsync("/", cancel.Token), client.GetAsync("/", cancel.Token) };
        await Eventually.TrueAsync(() => listener.Listener.Statistics.HeldRequests == 2);

        using var response = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        await cancel.CancelAsync();
        await Eventually.TrueAsync(() => listener.Listener.Statistics is { HeldRequests: 0, ActiveRequests: 0 });
        await Task.WhenAll(held).ContinueWith(_ => { }, Token, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    [Fact]
    public async Task A_held_request_is_answered_503_when_the_listener_stops()
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service() with { Hold = TimeSpan.FromMinutes(1) });
        using var client = listener.Client();
        var held = client.GetAsync("/", Token);
        await Eventually.TrueAsync(() => listener.Listener.Statistics.HeldRequests == 1);

        await listener.Listener.StopAsync(TimeSpan.FromSeconds(10));

        using var response = await held;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Fact]
    public async Task An_upstream_that_breaks_off_without_an_answer_is_502_and_a_POST_is_sent_once()
    {
        var requests = 0;
        await using var upstream = await TestUpstream.StartAsync(context =>
        {
            Interlocked.Increment(ref requests);
            context.Abort();
            return Task.CompletedTask;
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(HttpVersion.Version20);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var response = await client.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(1, requests);
    }

    [Fact]
    public async Task A_GET_that_the_upstream_always_breaks_is_502_after_a_few_tries()
    {
        var requests = 0;
        await using var upstream = await TestUpstream.StartAsync(context =>
        {
            Interlocked.Increment(ref requests);
            context.Abort();
            return Task.CompletedTask;
        });
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
            await Task.Delay(100, Token);
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

    [Fact]
    public async Task A_failing_replica_is_used_again_once_it_accepts()
    {
        var late = await GoneAsync("late");
        await using var alive = await TestUpstream.StartAsync(context => context.Response.WriteAsync("alive", Token), "alive");
        await using var listener = await TestListener.StartAsync(TestListener.Service() with { Upstreams = [late, alive.Upstream] });
        using var client = listener.Client();
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("alive", await client.GetStringAsync("/", Token));
        }

        await using var back = await TestUpstream.StartAsync(context => context.Response.WriteAsync("late", Token), "late", port: late.Port);

        await EventuallyAnswersAsync(client, "late");
    }

    [Theory]
    [InlineData("Starting", "Wait", false)]
    [InlineData("Unhealthy", "Wait", false)]
    [InlineData("Unhealthy", "Ignore", true)]
    [InlineData("Healthy", "Wait", true)]
    public async Task Containers_that_are_not_healthy_get_requests_only_when_no_other_does(string health, string mode, bool used)
    {
        await using var sick = await TestUpstream.StartAsync(context => context.Response.WriteAsync("sick", Token), "sick");
        await using var well = await TestUpstream.StartAsync(context => context.Response.WriteAsync("well", Token), "well");
        var unwell = sick.Upstream with { Health = Enum.Parse<UpstreamHealth>(health) };
        var service = TestListener.Service() with { Health = Enum.Parse<HealthMode>(mode), Upstreams = [unwell, well.Upstream] };
        await using var listener = await TestListener.StartAsync(service);
        using var client = listener.Client();

        var answers = new HashSet<string>();
        for (var i = 0; i < 6; i++)
        {
            answers.Add(await client.GetStringAsync("/", Token));
        }

        Assert.Equal(used, answers.Contains("sick"));
        await listener.UpdateAsync(service with { Upstreams = [unwell] });
        Assert.Equal("sick", await client.GetStringAsync("/", Token));
    }

    [Fact]
    public async Task A_container_that_is_told_to_stop_gets_no_request_while_there_is_another()
    {
        await using var leaving = await TestUpstream.StartAsync(context => context.Response.WriteAsync("leaving", Token), "leaving");
        await using var sick = await TestUpstream.StartAsync(context => context.Response.WriteAsync("sick", Token), "sick");
        await using var listener = await TestListener.StartAsync(TestListener.Service() with
        {
            Health = HealthMode.Ignore,
            Upstreams = [leaving.Upstream with { Health = UpstreamHealth.Stopping }, sick.Upstream with { Health = UpstreamHealth.Unhealthy }],
        });
        using var client = listener.Client();

        for (var i = 0; i < 6; i++)
        {
            Assert.Equal("sick", await client.GetStringAsync("/", Token));
        }
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
        await Eventually.TrueAsync(() => listener.Listener.Statistics.HeldRequests == 1);
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
        // A listening socket whose queue is full answers no SYN, as an address that nobody has any more.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Parse("127.99.0.3"), 0));
        full.Listen(0);
        var end = (IPEndPoint)full.LocalEndPoint!;
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(end, Token);
        var gone = new Upstream { ContainerId = "gone", ContainerName = "gone", Scheme = UpstreamScheme.Http, Host = "127.99.0.3", Port = end.Port, Route = "" };
        await using var next = await TestUpstream.StartAsync(EchoBodyAsync, "next");
        await using var listener = await TestListener.StartAsync(
            TestListener.Service() with { Upstreams = [gone] }, limits: new() { ConnectTimeout = TimeSpan.FromMinutes(10) });
        using var client = listener.Client();
        var request = client.PostAsync("/", new StringContent("body"), Token);
        await Eventually.TrueAsync(() => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections()
            .Any(tcp => tcp.State == TcpState.SynSent && tcp.RemoteEndPoint.Equals(end)));

        await listener.UpdateAsync(TestListener.Service(next));

        using var response = await request.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal("body", await response.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Slow_requests_draw_the_next_ones_to_the_other_replica()
    {
        var arrived = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var one = await TestUpstream.StartAsync(context => HandleAsync(context, "one"), "one");
        await using var two = await TestUpstream.StartAsync(context => HandleAsync(context, "two"), "two");
        await using var listener = await TestListener.StartAsync(TestListener.Service(one, two));
        using var client = listener.Client();
        var slow = client.GetStringAsync("/slow", Token);
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);

        var others = new HashSet<string>();
        for (var i = 0; i < 6; i++)
        {
            others.Add(await client.GetStringAsync("/", Token));
        }

        release.SetResult();
        Assert.NotEqual(await slow, Assert.Single(others));

        async Task HandleAsync(HttpContext context, string name)
        {
            if (context.Request.Path == "/slow")
            {
                arrived.SetResult();
                await release.Task;
            }

            await context.Response.WriteAsync(name, Token);
        }
    }

    private static async Task LoadAsync(HttpClient client, Action onAnswer, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            Assert.Equal("ok", await client.GetStringAsync("/", Token));
            onAnswer();
        }
    }

    private static async Task EventuallyAnswersAsync(HttpClient client, string answer)
    {
        var start = Stopwatch.GetTimestamp();
        while (await client.GetStringAsync("/", Token) != answer)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20), $"Nobody answered {answer}.");
            await Task.Delay(20, Token);
        }
    }

    // With its length: whoever is killed has sent all of it or nothing.
    private static Task AnswerInOnePieceAsync(HttpContext context)
    {
        context.Response.ContentLength = 2;
        return context.Response.WriteAsync("ok", Token);
    }

    private static Task EchoBodyAsync(HttpContext context) => context.Request.Body.CopyToAsync(context.Response.Body, Token);

    /// <summary>A container that is named and does not listen.</summary>
    private static async Task<Upstream> GoneAsync(string containerId)
    {
        await using var upstream = await TestUpstream.StartAsync(_ => Task.CompletedTask, containerId);
        return upstream.Upstream;
    }
}
