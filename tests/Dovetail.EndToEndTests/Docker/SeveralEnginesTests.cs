using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Docker;

/// <summary>Services on two real Engines, the second one reached over TCP or SSH.</summary>
[Collection(MeasuredTests.Name)]
public sealed class SeveralEnginesTests(Engine engine, StoppableEngine second)
    : EndToEndTest(engine), IClassFixture<StoppableEngine>
{
    [Fact(Timeout = 300_000)]
    public async Task Each_is_served_by_its_own_Engine_and_one_that_is_away_leaves_the_other_alone()
    {
        await using var relay = new StreamRelay(IPAddress.Loopback, ConnectAsync);
        await using var cut = new CuttableRelay(relay.EndPoint);
        var settings = new Dictionary<string, string?> { ["DOVETAIL_DOCKER_HOSTS"] = $"nas=tcp://{cut.Address}" };
        var peer = await PeerAsync();
        var daemon = StartDaemon(settings);
        var near = await RunServiceAsync("near", "Hello");
        var far = await RunFarAsync("far", "--publish", "127.0.0.1::80");
        await daemon.ReadyAsync("near");
        var service = await daemon.ReadyAsync("far");

        // 1. By the port that is published there, under the name that tells whose it is.
        var upstream = Assert.Single(service.Upstreams);
        Assert.Equal($"nas/{await far.NameAsync(Cancellation)}", upstream.Container);
        Assert.Contains("published on the host", upstream.Route, StringComparison.Ordinal);
        await AssertBothAsync();
        Assert.True(Assert.Single((await daemon.StatusAsync(Cancellation)).Engines!) is { Name: "nas", Connected: true, LastError: null });

        // 2. The second one is away: both go on, the status says it, the first is followed, nothing is forgotten.
        cut.Cut();
        await daemon.StatusAsync(
            status => status is { Docker.Connected: true, Engines: [{ Connected: false, LastError: not null }] },
            "nas alone to be away");
        await AssertBothAsync();
        var text = (await daemon.CommandAsync(["status"], Cancellation)).MustSucceed().Stdout;
        Assert.StartsWith("Docker Engine nas is away: ", text, StringComparison.Ordinal);
        (await daemon.CommandAsync(["health"], Cancellation)).MustSucceed();
        var prune = await daemon.CommandAsync(["prune", "--yes"], Cancellation);
        Assert.Contains("not known without the Engine nas", prune.Stderr, StringComparison.Ordinal);
        await RunServiceAsync("later");
        await daemon.ReadyAsync("later");
        await SaidAsync(daemon, "Docker Engine nas is away; services stay as they are");

        // 3. It is away also when Dovetail starts: what is its own waits, and its machine is kept.
        daemon.Terminate();
        await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation);
        daemon = StartDaemon(settings);
        await daemon.ReadyAsync("near");
        await daemon.ReadyAsync("later");
        prune = await daemon.CommandAsync(["prune", "--yes"], Cancellation);
        Assert.Contains("until the Engine nas has been listed", prune.Stderr, StringComparison.Ordinal);
        var forget = await daemon.CommandAsync(["forget", "far", "--yes"], Cancellation);
        Assert.Contains("not known until the Docker Engine nas has been listed", forget.Stderr, StringComparison.Ordinal);

        // 4. It comes back, with what is new there.
        cut.Mend();
        Assert.Equal(service.Addresses, (await daemon.ReadyAsync("far")).Addresses);
        await RunFarAsync("new", "--publish", "127.0.0.1::80");
        await daemon.ReadyAsync("new");
        await AssertBothAsync();
        Assert.Equal("Hello from", (await AnswerAsync("new"))[..10]);

        async Task AssertBothAsync()
        {
            Assert.Equal($"Hello from {near.HostName}", await AnswerAsync("near"));
            Assert.Equal($"Hello from {far.HostName}", await AnswerAsync("far"));
        }

        async Task<string> AnswerAsync(string name) =>
            (await peer.Http().GetStringAsync($"https://{peer.NameOf(name)}/", Cancellation)).Trim();
    }

    [Fact(Timeout = 300_000)]
    public async Task Over_SSH_a_container_is_served_once_host_and_key_are_known_and_no_client_is_left_behind()
    {
        var server = Own(await SshServer.StartAsync(second.Host, Cancellation));
        var settings = new Dictionary<string, string?>
        {
            ["DOCKER_HOST"] = "none",
            ["DOVETAIL_DOCKER_HOSTS"] = $"pi=ssh://root@127.0.0.1:{server.Port.ToString(CultureInfo.InvariantCulture)}",
            ["PATH"] = $"{server.Programs}:{System.Environment.GetEnvironmentVariable("PATH")}",
        };
        var peer = await PeerAsync();
        var daemon = StartDaemon(settings);
        var far = await RunFarAsync("far", "--publish", "127.0.0.1::80");

        // 1. What is missing is said, and needs no restart when it is there.
        await ErrorAsync(daemon, "ssh-keyscan");
        Assert.NotEqual(0, (await daemon.CommandAsync(["health"], Cancellation)).ExitCode);
        await server.TrustAsync(Cancellation);
        await ErrorAsync(daemon, "authorized_keys");
        server.Admit();
        await daemon.ReadyAsync("far");
        (await daemon.CommandAsync(["health"], Cancellation)).MustSucceed();
        Assert.Equal(
            $"Hello from {far.HostName}", (await peer.Http().GetStringAsync($"https://{peer.NameOf("far")}/", Cancellation)).Trim());

        // 2. Changes are seen by its events; few connections are enough.
        var many = await Task.WhenAll(Enumerable.Range(0, 6).Select(number => RunFarAsync($"far-{number}", "--publish", "127.0.0.1::80")));
        await daemon.ReadyAsync("far-5");
        await many[5].RemoveAsync(Cancellation);
        await daemon.ServiceAsync("far-5", service => service.Upstreams.Count == 0, "no upstream");
        Assert.InRange(server.Clients().Count, 1, 4);

        // 3. A connection that is lost is made anew.
        Assert.All(server.Clients().Keys, process => Signals.Send(process, Signals.Kill));
        await RunFarAsync("again", "--publish", "127.0.0.1::80");
        await daemon.ReadyAsync("again");

        // 4. Nothing stays behind, however Dovetail ends.
        daemon.Kill();
        await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await GoneAsync(server);
        daemon = StartDaemon(settings);
        await daemon.ReadyAsync("again");
        daemon.Terminate();
        Assert.Equal(0, await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation));
        await GoneAsync(server);
    }

    [Fact(Timeout = 300_000)]
    public async Task Another_Engine_on_this_machine_has_names_and_sleep_of_its_own_and_its_containers_go_on_without_it()
    {
        var settings = new Dictionary<string, string?>
        {
            ["DOVETAIL_DOCKER_HOSTS"] = $"other={second.Host}",
            ["DOVETAIL_ALLOW_START"] = "true",
        };
        string[] named = ["--name", $"{Prefix}-same"];
        var (daemon, peer) = (StartDaemon(settings), await PeerAsync());
        var near = await RunContainerAsync(new Dictionary<string, string> { ["name"] = "near", ["port"] = "80" }, options: named);
        var far = await RunFarAsync("far", named);
        var lazy = await RunFarAsync("lazy", "--label", $"{Prefix}.sleep=2s");

        // 1. The same name on both, each at its own address.
        Assert.Equal(named[1], Assert.Single((await daemon.ReadyAsync("near")).Upstreams).Container);
        Assert.Equal($"other/{named[1]}", Assert.Single((await daemon.ReadyAsync("far")).Upstreams).Container);
        await AnswersAsync("near", near);
        await AnswersAsync("far", far);

        // 2. What sleeps there is stopped and started there.
        var asleep = await daemon.ServiceAsync("lazy", service => service.State == "Asleep", "Asleep");
        Assert.Equal([$"other/{await lazy.NameAsync(Cancellation)}"], asleep.Asleep!);
        await AnswersAsync("lazy", lazy);

        // 3. Its containers go on while it is stopped, as by an update.
        await second.StopAsync();
        try
        {
            await daemon.StatusAsync(status => status.Engines is [{ Connected: false }], "the other to be away");
            await AnswersAsync("far", far);
            await AnswersAsync("near", near);
            await SaidAsync(daemon, "Docker Engine other is away");
        }
        finally
        {
            await second.StartAsync();
        }

        await daemon.StatusAsync(status => status.Engines is [{ Connected: true }], "the other to be back");
        await far.RemoveAsync(Cancellation);
        await daemon.ServiceAsync("far", service => service.Upstreams.Count == 0, "no upstream");

        async Task AnswersAsync(string name, TestContainer container) => Assert.Equal(
            $"Hello from {container.HostName}", (await peer.Http().GetStringAsync($"https://{peer.NameOf(name)}/", Cancellation)).Trim());
    }

    private static Task<DaemonStatus> ErrorAsync(DovetailDaemon daemon, string expected) => daemon.StatusAsync(
        status => status.Engines is [{ Connected: false, LastError: { } error }] && error.Contains(expected, StringComparison.Ordinal),
        expected);

    // Only the next attempt tells an Engine that is away from a stream that ended.
    private static Task SaidAsync(DovetailDaemon daemon, string text) =>
        Eventually.TrueAsync(() => daemon.Log.Contains(text, StringComparison.Ordinal), $"the log to say: {text}");

    private static Task GoneAsync(SshServer server) =>
        Eventually.TrueAsync(() => server.Clients().Count == 0, "every ssh to end", () => string.Join('\n', server.Clients().Values));

    private async Task<Stream> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(second.Host["unix://".Length..]));
        return new NetworkStream(socket, ownsSocket: true);
    }

    private async Task<TestContainer> RunFarAsync(string name, params string[] options) => Own(await second.RunContainerAsync(
        new Dictionary<string, string> { [$"{Prefix}.name"] = name, [$"{Prefix}.port"] = "80" },
        options: options,
        cancellation: Cancellation));
}
