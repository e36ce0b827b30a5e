using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using Dovetail.EndToEndTests.Harness;
using Dovetail.EndToEndTests.Listener;

namespace Dovetail.EndToEndTests.Sleep;

/// <summary>Containers that are stopped while nobody asks for them, and started by the next request.</summary>
public sealed class SleepTests(Engine engine) : SleepTest(engine)
{
    [Fact(Timeout = 300_000)]
    public async Task It_falls_asleep_and_requests_that_come_at_once_start_it_once()
    {
        var (daemon, peer) = (StartAllowing(), await PeerAsync());
        var container = await RunSleepyAsync(Web);
        var plain = await RunServiceAsync("plain");
        await daemon.ReadyAsync("plain");
        var began = await plain.StartedAtAsync(Cancellation);

        var asleep = await AsleepAsync(daemon, Web);
        Assert.Equal([await container.NameAsync(Cancellation)], asleep.Asleep!);
        Assert.Empty(asleep.Conditions);
        var table = (await daemon.CommandAsync(["status"], Cancellation)).MustSucceed().Stdout;
        Assert.Contains("Asleep", table, StringComparison.Ordinal);

        // No more than the application lets wait for it to accept them: the kernel breaks off what is beyond (SYN cookies).
        using var client = peer.Http();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            using var answer = number % 2 == 0
                ? await client.GetAsync(UrlOf(peer, Web), Cancellation)
                : await client.PostAsync(UrlOf(peer, Web, TestImage.EchoPath), new StringContent("a body of 17 byte"), Cancellation);
            return (answer.StatusCode, Text: await answer.Content.ReadAsStringAsync(Cancellation));
        }));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(4, answers.Count(answer => answer.Text.Contains("BODY_LENGTH=17\n", StringComparison.Ordinal)));
        Assert.Equal(1, CountOf(daemon.Log, "a request came; starting container"));

        // It is the same node, on which nothing was lost, and it sleeps again.
        var again = await AsleepAsync(daemon, Web);
        Assert.Equal(asleep.Tailscaled!.Pid, again.Tailscaled!.Pid);
        Assert.Equal(began, await plain.StartedAtAsync(Cancellation));
        await daemon.ReadyAsync("plain");
    }

    [Fact(Timeout = 600_000)]
    public async Task No_request_is_lost_that_comes_just_when_it_is_stopped()
    {
        var (daemon, peer) = (StartAllowing(), await PeerAsync());
        await RunSleepyAsync(Web, new Dictionary<string, string> { ["sleep"] = "1s" });
        await AsleepAsync(daemon, Web);
        using var client = peer.Http();

        // A POST is never sent twice, and the container dies at once: what goes to it then is lost.
        for (var request = 0; request < 30; request++)
        {
            using var answer = await client.PostAsync(
                UrlOf(peer, Web, TestImage.EchoPath), new StringContent("a body of 17 byte"), Cancellation);
            var text = await answer.Content.ReadAsStringAsync(Cancellation);
            Assert.True(text.Contains("BODY_LENGTH=17\n", StringComparison.Ordinal), $"request {request}: {answer.StatusCode} {text}");
            // The pauses are what is tested: from a little before the stop to a little after it.
            await Task.Delay(TimeSpan.FromMilliseconds(940 + (10 * request)), Cancellation);
        }

        Assert.InRange(CountOf(daemon.Log, "a request came; starting container"), 3, 31);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_raw_connection_wakes_it_and_keeps_it_awake()
    {
        var (daemon, peer) = (StartAllowing(), await PeerAsync());
        var container = await RunSleepyAsync(Web, new Dictionary<string, string> { ["tcp.9000"] = "80" });
        await AsleepAsync(daemon, Web);

        var answer = await peer.KnockAsync(peer.NameOf(Web), 9000, "GET / HTTP/1.0\r\n\r\n", Cancellation);
        Assert.Contains("Hello from", answer, StringComparison.Ordinal);
        await using (await peer.ConnectAsync(peer.NameOf(Web), 9000, Cancellation))
        {
            var since = await container.StartedAtAsync(Cancellation);
            await StaysAwakeAsync(daemon, Web, 3 * Idle);
            Assert.Equal(since, await container.StartedAtAsync(Cancellation));
        }

        await AsleepAsync(daemon, Web);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_WebSocket_keeps_it_awake_until_it_is_closed()
    {
        // It may be asleep before its node is ready.
        using var service = await StreamService.RunAsync(this, Web, new Dictionary<string, string> { ["sleep"] = "2s" }, Cancellation);
        var (daemon, peer) = (StartAllowing(), await PeerAsync());
        await daemon.ServiceAsync(Web, status => status.State is "Ready" or "Asleep", "Ready or Asleep");
        using var client = peer.Http();
        using (var socket = new ClientWebSocket())
        {
            await socket.ConnectAsync(new Uri($"wss://{peer.NameOf(Web)}/socket"), client, Cancellation);

            await StaysAwakeAsync(daemon, Web, 3 * Idle);

            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
        }

        await AsleepAsync(daemon, Web);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_browser_is_shown_that_it_is_being_started_and_then_the_application()
    {
        var (daemon, peer) = (StartAllowing(), await PeerAsync());
        var container = await RunSleepyAsync(
            Web,
            command:
            [
                "sh", "-c",
                "rm -f /go; while [ ! -e /go ]; do sleep 1; done; echo \"$GREETING\" > /www/index.html; exec httpd -f -p 80 -h /www",
            ]);
        await AsleepAsync(daemon, Web);
        using var client = peer.Http();

        var held = client.GetAsync(UrlOf(peer, Web), Cancellation);
        using var visit = new HttpRequestMessage(HttpMethod.Get, UrlOf(peer, Web)) { Headers = { { "Accept", "text/html,*/*" } } };
        using var page = await client.SendAsync(visit, Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.StatusCode);
        Assert.Equal("1", page.Headers.GetValues("Refresh").Single());
        Assert.StartsWith("default-src 'none'; ", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains($"<h1>{Web}</h1>", await page.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.False(held.IsCompleted);
        await GoOnAsync();
        using var answer = await held;
        Assert.Equal("Hello\n", await answer.Content.ReadAsStringAsync(Cancellation));

        // It may take as long to start as the application does, and that must not sleep again meanwhile.
        await using var browser = await Browser.StartAsync(peer, Directory, Cancellation);
        await AsleepAsync(daemon, Web);
        // A container that starts changes this machine's network, at which Chromium ends what it loads.
        held = client.GetAsync(UrlOf(peer, Web), Cancellation);
        await daemon.ReadyAsync(Web);
        await browser.GoAsync(UrlOf(peer, Web));
        // With its style, which the policy could keep out.
        await browser.UntilAsync("getComputedStyle(document.querySelector('hr') ?? document.body).animationName === 'wait'");
        await GoOnAsync();
        await browser.UntilAsync("document.body.textContent.trim() === 'Hello'");
        (await held).Dispose();
        Assert.DoesNotContain(browser.Errors, error => error.Contains("Content Security Policy", StringComparison.Ordinal));

        // Until then the application is starting.
        Task<CommandResult> GoOnAsync() =>
            Engine.DockerAsync(["exec", container.Id, "/bin/busybox", "touch", "/go"], cancellation: Cancellation);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_new_Dovetail_knows_what_sleeps()
    {
        var (daemon, peer) = (StartAllowing(), await PeerAsync());
        var container = await RunSleepyAsync(Web);
        await AsleepAsync(daemon, Web);
        daemon.Terminate();
        await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation);

        var next = StartAllowing(new Dictionary<string, string?> { ["DOVETAIL_GRACE"] = "0" });

        await AsleepAsync(next, Web);
        Assert.Equal($"Hello from {container.HostName}", await GetAsync(peer, Web));
        // Stopped by a person, it is asleep as well, and a container that is gone is not.
        await container.StopAsync(Cancellation);
        await AsleepAsync(next, Web);
        await Eventually.GetAsync(_ => GetAsync(peer, Web), text => text == $"Hello from {container.HostName}", "the next start");
        await AsleepAsync(next, Web);
        await container.RemoveAsync(Cancellation);
        await next.StatusAsync(status => status.Find(Web) is null, "the service to go with its container");
    }

    [Fact(Timeout = 300_000)]
    public async Task Who_may_not_use_it_does_not_wake_it()
    {
        var (daemon, alice, bob) = (StartAllowing(), await PeerAsync(), await PeerAsync("bob@example.com"));
        await RunSleepyAsync(Web, new Dictionary<string, string> { ["allow"] = "alice@example.com", ["tcp.9000"] = "80" });
        await AsleepAsync(daemon, Web);

        using var refused = await bob.Http().GetAsync(UrlOf(bob, Web), Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Null(await bob.KnockAsync(bob.NameOf(Web), 9000, "GET / HTTP/1.0\r\n\r\n", Cancellation));
        await using (var misnamed = await alice.SecureAsync(alice.NameOf(Web), Cancellation))
        {
            await misnamed.WriteAsync("GET / HTTP/1.1\r\nHost: other.example\r\n\r\n"u8.ToArray(), Cancellation);
            var answer = new byte[13];
            await misnamed.ReadExactlyAsync(answer, Cancellation);
            Assert.Equal("HTTP/1.1 421 "u8.ToArray(), answer);
        }

        Assert.DoesNotContain("a request came", daemon.Log, StringComparison.Ordinal);

        Assert.StartsWith("Hello", await GetAsync(alice, Web), StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_start_that_fails_is_said_with_the_Engines_reason_and_tried_again()
    {
        var (daemon, peer) = (StartAllowing(), await PeerAsync());
        await RunSleepyAsync(Web, options: ["--publish", "127.0.0.1:18613:80"]);
        await AsleepAsync(daemon, Web);
        var other = await RunContainerAsync(new Dictionary<string, string>(), options: ["--publish", "127.0.0.1:18613:80"]);

        using var refused = await peer.Http().GetAsync(UrlOf(peer, Web), Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        var page = await refused.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("could not be started", page, StringComparison.Ordinal);
        Assert.DoesNotContain("18613", page, StringComparison.Ordinal);
        var failed = await daemon.ServiceAsync(Web, service => service.Has("start-failed"), "the failed start");
        Assert.Equal("Asleep", failed.State);
        Assert.Contains("18613", failed.Condition("start-failed").Text, StringComparison.Ordinal);

        await other.RemoveAsync(Cancellation);
        await Eventually.GetAsync(_ => GetAsync(peer, Web), text => text.StartsWith("Hello", StringComparison.Ordinal), "the next start");
        await daemon.ServiceAsync(Web, service => !service.Has("start-failed"), "the condition to end");
    }

    [Fact(Timeout = 300_000)]
    public async Task What_ends_right_after_its_start_is_not_started_again_and_again()
    {
        var (daemon, peer) = (StartAllowing(), await PeerAsync());
        await RunSleepyAsync(Web, command: ["sh", "-c", "[ -e /ran ] && exit 7; echo > /ran; exec sleep 1000"]);
        await AsleepAsync(daemon, Web);

        using var refused = await peer.Http().GetAsync(UrlOf(peer, Web), Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        var failed = await daemon.ServiceAsync(Web, service => service.Has("start-failed"), "the failed start");
        Assert.Contains("exit code 7", failed.Condition("start-failed").Text, StringComparison.Ordinal);
        // The waits between the starts grow: 2, 4 and 8 s.
        for (var since = Stopwatch.GetTimestamp(); Since(since) < TimeSpan.FromSeconds(8);)
        {
            using var again = await peer.Http().GetAsync(UrlOf(peer, Web), Cancellation);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, again.StatusCode);
        }

        Assert.InRange(CountOf(daemon.Log, "a request came; starting container"), 1, 4);
    }

    [Fact(Timeout = 300_000)]
    public async Task Its_dependencies_are_started_before_it_and_those_that_sleep_with_it_stopped_after_it()
    {
        var (daemon, peer) = (StartAllowing(), await PeerAsync());
        // Healthy some seconds after its start.
        var db = await RunContainerAsync(
            new Dictionary<string, string> { ["sleep"] = "1s" },
            options: [.. OfProject("db"), "--health-cmd", "[ -s /tmp/up ]", "--health-interval", "1s"],
            command: ["sh", "-c", ": > /tmp/up; sleep 3; echo up > /tmp/up; exec sleep 1000"]);
        var cache = await RunContainerAsync(new Dictionary<string, string>(), options: OfProject("cache"));
        var web = await RunSleepyAsync(
            Web, options: OfProject("web", "db:service_healthy:false,cache:service_started:true,gone:service_started:false"));
        await AsleepAsync(daemon, Web);
        await Eventually.TrueAsync(async () => (await db.AddressAsync(Cancellation)).Length == 0, "the dependency to be stopped");
        Assert.NotEqual("", await cache.AddressAsync(Cancellation));
        await cache.StopAsync(Cancellation);

        Assert.Equal($"Hello from {web.HostName}", await GetAsync(peer, Web));

        var (first, last) = (await db.StartedAtAsync(Cancellation), await web.StartedAtAsync(Cancellation));
        Assert.True(last - first > TimeSpan.FromSeconds(3), $"{first:O} {last:O}");
        Assert.NotEqual("", await cache.AddressAsync(Cancellation));
    }

    [Fact(Timeout = 300_000)]
    public async Task Unless_it_is_allowed_nothing_is_stopped_and_that_is_said()
    {
        var (daemon, peer) = (StartDaemon(), await PeerAsync());
        var container = await RunSleepyAsync(Web, new Dictionary<string, string> { ["sleep"] = "1s" });
        await daemon.ReadyAsync(Web);
        var since = await container.StartedAtAsync(Cancellation);

        await StaysAwakeAsync(daemon, Web, 3 * Idle);

        var status = await daemon.StatusAsync(Cancellation);
        Assert.Contains("DOVETAIL_ALLOW_START", Assert.Single(status.Warnings).Text, StringComparison.Ordinal);
        Assert.Equal($"Hello from {container.HostName}", await GetAsync(peer, Web));
        Assert.Equal(since, await container.StartedAtAsync(Cancellation));
    }

    [Fact(Timeout = 300_000)]
    public async Task Behind_a_proxy_that_lets_nothing_be_stopped_it_goes_on_and_that_is_said()
    {
        var proxy = Own(await SocketProxy.StartAsync(Directory["docker.sock"], Engine, ["VERSION", "EVENTS", "CONTAINERS", "NETWORKS"]));
        var (daemon, peer) = (StartAllowing(new Dictionary<string, string?> { ["DOCKER_HOST"] = proxy.Host }), await PeerAsync());
        var container = await RunSleepyAsync(Web);

        var failed = await daemon.ServiceAsync(Web, service => service.State == "Ready" && service.Has("stop-failed"), "the failed stop");

        Assert.Contains("403", failed.Condition("stop-failed").Text, StringComparison.Ordinal);
        Assert.Contains("ALLOW_STOP=1", failed.Condition("stop-failed").Text, StringComparison.Ordinal);
        Assert.Equal($"Hello from {container.HostName}", await GetAsync(peer, Web));
    }
}
