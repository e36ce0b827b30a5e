using System.Net;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>What a user does to one service, and to Dovetail itself, without its machine being lost.</summary>
public sealed class LifecycleTests(Engine engine) : EndToEndTest(engine)
{
    private const int Restarts = 5;

    // logout-down.txt.
    [Fact(Timeout = 300_000)]
    public async Task Forget_is_refused_while_the_service_is_wanted_and_takes_its_machine_and_state_afterwards()
    {
        var daemon = StartDaemon();
        var container = await RunServiceAsync("old");
        await daemon.ReadyAsync("old");
        var machine = (await Control.FindAsync("old"))!;
        var state = Path.Combine(StateDirectory, "old");

        var wanted = await daemon.CommandAsync(["forget", "old", "--yes"], Cancellation);
        Assert.Equal(1, wanted.ExitCode);
        Assert.Contains("wanted", wanted.Stderr, StringComparison.Ordinal);
        Assert.Equal("Ready", (await daemon.StatusAsync(Cancellation)).Find("old")!.State);

        await container.RemoveAsync(Cancellation);
        await daemon.ServiceAsync("old", service => service.Has("no-upstream"), "without a container");
        var unconfirmed = await daemon.CommandAsync(["forget", "old"], Cancellation);
        Assert.Equal(1, unconfirmed.ExitCode);
        Assert.Contains("--yes", unconfirmed.Stderr, StringComparison.Ordinal);
        Assert.True(System.IO.Directory.Exists(state));

        (await daemon.CommandAsync(["forget", "old", "--yes"], Cancellation)).MustSucceed();
        Assert.False(System.IO.Directory.Exists(state));
        Assert.Null((await daemon.StatusAsync(Cancellation)).Find("old"));
        Assert.Empty(Tailscaleds());
        Assert.True((await Control.FindAsync("old"))!.Expired, "the machine is still logged in");

        var unknown = await daemon.CommandAsync(["forget", "old", "--yes"], Cancellation);
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("old", unknown.Stderr, StringComparison.Ordinal);

        // The machine that was logged out keeps its name on this control server.
        await RunServiceAsync("old");
        await daemon.ServiceAsync(
            "old", service => service is { State: "Ready", Upstreams.Count: 1 }, "Ready as another machine");
        Assert.NotEqual(machine.StableId, (await Control.MachinesAsync())[^1].StableId);
        Assert.Equal(2, await Control.NewMachinesAsync());
    }

    [Fact(Timeout = 300_000)]
    public async Task Prune_takes_the_machines_that_no_container_wants_and_keeps_those_of_stopped_ones()
    {
        var daemon = StartDaemon(new Dictionary<string, string?> { ["DOVETAIL_GRACE"] = "0s" });
        var removed = await RunServiceAsync("old");
        var stopped = await RunServiceAsync("asleep");
        await RunServiceAsync("web");
        await Task.WhenAll(daemon.ReadyAsync("old"), daemon.ReadyAsync("asleep"), daemon.ReadyAsync("web"));
        await removed.RemoveAsync(Cancellation);
        await stopped.StopAsync(Cancellation);
        await Eventually.TrueAsync(() => Tailscaleds().Count == 1, "the tailscaleds without a container to end");

        var recent = await daemon.CommandAsync(["prune", "--older-than", "30d", "--yes"], Cancellation);
        Assert.Contains("Nothing to forget", recent.MustSucceed().Stdout, StringComparison.Ordinal);
        var pruned = (await daemon.CommandAsync(["prune", "--yes"], Cancellation)).MustSucceed().Stdout;

        Assert.Contains("old is forgotten", pruned, StringComparison.Ordinal);
        Assert.True((await Control.FindAsync("old"))!.Expired, "the machine is still logged in");
        Assert.Equal(
            ["asleep", "web"],
            System.IO.Directory.GetDirectories(StateDirectory).Select(path => Path.GetFileName(path)!).Order());
        Assert.False((await Control.FindAsync("asleep"))!.Expired);
    }

    // logout-down.txt ("control unreachable").
    [Fact(Timeout = 300_000)]
    public async Task Forget_keeps_the_state_of_a_machine_that_cannot_be_logged_out_unless_it_is_forced()
    {
        var daemon = StartDaemon(new Dictionary<string, string?> { ["FAKE_TAILSCALE_LOGOUT_TIMEOUT_MS"] = "2000" });
        var container = await RunServiceAsync("old");
        await daemon.ReadyAsync("old");
        await container.RemoveAsync(Cancellation);
        await daemon.ServiceAsync("old", service => service.Has("no-upstream"), "without a container");
        var state = Path.Combine(StateDirectory, "old", "tailscaled.state");
        Control.GoAway();

        var refused = await daemon.CommandAsync(["forget", "old", "--yes"], Cancellation);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("--force", refused.Stderr, StringComparison.Ordinal);
        Assert.True(File.Exists(state), "the state is gone");

        (await daemon.CommandAsync(["forget", "old", "--yes", "--force"], Cancellation)).MustSucceed();
        Assert.False(System.IO.Directory.Exists(Path.Combine(StateDirectory, "old")));
        Assert.Empty(Tailscaleds());
    }

    // Recorded with 1.96.5: a node with state comes back without a login, and its certificate from disk.
    [Fact(Timeout = 300_000)]
    public async Task Restarting_a_service_again_and_again_is_the_same_machine_and_orders_one_certificate()
    {
        var daemon = StartDaemon();
        await RunServiceAsync("web");
        var before = await daemon.ReadyAsync("web");
        var machine = (await Control.FindAsync("web"))!;

        for (var round = 1; round <= Restarts; round++)
        {
            (await daemon.CommandAsync(["restart", "web"], Cancellation)).MustSucceed();
            await daemon.ServiceAsync(
                "web",
                service => service.State == "Ready" && service.Tailscaled!.Restarts == round,
                $"Ready after restart {round}");
        }

        var after = await daemon.ReadyAsync("web");
        Assert.NotEqual(before.Tailscaled!.Pid, after.Tailscaled!.Pid);
        Assert.Equal((before.DnsName, before.Certificate), (after.DnsName, after.Certificate));
        Assert.Equal(before.Addresses, after.Addresses);
        Assert.Equal(machine.StableId, (await Control.FindAsync("web"))!.StableId);
        Assert.Equal((1, 1), (await Tailnet.RegistrationsOfAsync("web"), await Tailnet.CertificatesOfAsync("web")));
        Assert.Single(Tailscaleds());

        var unknown = await daemon.CommandAsync(["restart", "nobody"], Cancellation);
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("nobody", unknown.Stderr, StringComparison.Ordinal);
    }

    // Recorded with 1.96.5: tailscaled says on stderr when it begins and ends; SIGTERM ends it with exit code 0.
    [Fact(Timeout = 300_000)]
    public async Task Logs_prints_what_tailscaled_wrote_and_follows_it_into_the_next_one()
    {
        const string closing = "logger closing down";
        var daemon = StartDaemon();
        await RunServiceAsync("web");
        await daemon.ReadyAsync("web");

        var log = (await daemon.CommandAsync(["logs", "web"], Cancellation)).MustSucceed().Stdout;
        Assert.Contains("Switching ipn state", log, StringComparison.Ordinal);
        Assert.DoesNotContain(closing, log, StringComparison.Ordinal);
        Assert.DoesNotContain(Tailnet.AuthKey, log, StringComparison.Ordinal);

        await using var following = DovetailDaemon.Start(Environment(), "logs", "web", "-f");
        await Eventually.TrueAsync(
            () => following.Log.Contains("Switching ipn state", StringComparison.Ordinal), "the log so far");
        (await daemon.CommandAsync(["restart", "web"], Cancellation)).MustSucceed();
        await Eventually.TrueAsync(
            () => following.Log.Contains(closing, StringComparison.Ordinal), "the end of the old tailscaled");
        await Eventually.TrueAsync(
            () => following.Log[following.Log.IndexOf(closing, StringComparison.Ordinal)..]
                .Contains("Switching ipn state", StringComparison.Ordinal),
            "the start of the new one");
    }

    // up-tags.txt.
    [Fact(Timeout = 300_000)]
    public async Task Other_tags_in_the_labels_are_taken_by_the_same_machine()
    {
        var daemon = StartDaemon();
        var container = await RunContainerAsync(Tagged("tag:one"));
        var before = await daemon.ReadyAsync("web");
        var machine = (await Control.FindAsync("web"))!;
        Assert.Equal(["tag:one"], machine.Tags);

        await container.RemoveAsync(Cancellation);
        await RunContainerAsync(Tagged("tag:two,tag:three"));
        await Eventually.TrueAsync(
            async () => (await Control.FindAsync("web"))!.Tags!.Order().SequenceEqual(["tag:three", "tag:two"]), "the new tags");

        var after = await daemon.ReadyAsync("web");
        Assert.Equal(before.Addresses, after.Addresses);
        Assert.Equal(before.Tailscaled!.Pid, after.Tailscaled!.Pid);
        Assert.Equal(machine.Identity, (await Control.FindAsync("web"))!.Identity);
        Assert.Equal((1, 1), (await Tailnet.RegistrationsOfAsync("web"), await Tailnet.CertificatesOfAsync("web")));
        Assert.Empty(after.Conditions);
    }

    // Recorded with 1.96.5: tailscaled itself does not lock its state directory.
    [Fact(Timeout = 300_000)]
    public async Task A_second_Dovetail_on_one_state_directory_waits_is_refused_after_a_minute_and_the_first_goes_on()
    {
        var daemon = StartDaemon();
        await RunServiceAsync("web");
        var before = await daemon.ReadyAsync("web");

        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        var second = StartDaemon(new Dictionary<string, string?> { ["DOVETAIL_RUNTIME_DIR"] = Directory["run2"] });
        Assert.Equal(1, await second.ExitAsync(TimeSpan.FromSeconds(90), Cancellation));

        Assert.InRange(Since(started), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(90));
        Assert.Contains($"TS_STATE_DIR={StateDirectory}", second.Log, StringComparison.Ordinal);
        Assert.Contains("another Dovetail uses it; stop that one", second.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", second.Log, StringComparison.Ordinal);
        var after = await daemon.ReadyAsync("web");
        Assert.Equal(before.Tailscaled, after.Tailscaled! with { LastWords = before.Tailscaled!.LastWords });
        Assert.Single(Tailscaleds());
    }

    [Fact(Timeout = 300_000)]
    public async Task A_Dovetail_that_is_started_before_the_former_one_has_ended_takes_over_at_once()
    {
        var former = StartDaemon();
        await RunServiceAsync("web");
        var before = await former.ReadyAsync("web");
        var next = StartDaemon();
        await Eventually.TrueAsync(() => next.Log.Contains("waiting up to 60 s", StringComparison.Ordinal), "the next one to wait");

        former.Terminate();
        Assert.Equal(0, await former.ExitAsync(TimeSpan.FromSeconds(30), Cancellation));
        var ended = System.Diagnostics.Stopwatch.GetTimestamp();
        var after = await next.ReadyAsync("web");

        Report($"ready {Since(ended).TotalMilliseconds:0} ms after the former one had ended");
        // Asked of the lock it would be up to 60 s.
        Assert.InRange(Since(ended), TimeSpan.Zero, TimeSpan.FromSeconds(40));
        Assert.Equal(before.Addresses, after.Addresses);
        Assert.Single(next.Log.Split('\n'), line => line.Contains("another Dovetail uses it", StringComparison.Ordinal));
    }

    [Fact(Timeout = 300_000)]
    public async Task A_Dovetail_that_waits_ends_when_it_is_told_to()
    {
        var former = StartDaemon();
        await former.StatusAsync(status => status.Docker.Connected, "Docker to be listed");
        var next = StartDaemon();
        await Eventually.TrueAsync(() => next.Log.Contains("waiting up to 60 s", StringComparison.Ordinal), "the next one to wait");

        next.Terminate();

        // 128 and the signal's number: there is nothing yet to end in order.
        Assert.Equal(143, await next.ExitAsync(TimeSpan.FromSeconds(30), Cancellation));
        Assert.DoesNotContain("   at ", next.Log, StringComparison.Ordinal);
    }

    // Without an answer of the former one tailscaled stays in NoState: status-nostate-control-unreachable-with-state.json.
    [Fact(Timeout = 300_000)]
    public async Task A_node_moves_to_the_new_control_server_though_the_former_one_is_dead()
    {
        var former = StartDaemon();
        await RunServiceAsync("web");
        await former.ReadyAsync("web");
        former.Terminate();
        await former.ExitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Control.GoAway();
        using var directory = new TestDirectory();
        await using var next = await Tailnet.StartAsync(directory, IPAddress.Loopback, Release);

        var daemon = StartDaemon(new Dictionary<string, string?>(next.Environment)
        {
            ["TS_CONTROL_URL"] = next.ControlUrl,
            ["TS_AUTHKEY"] = next.AuthKey,
        });

        var status = await daemon.ReadyAsync("web");
        Assert.DoesNotContain(status.Conditions, condition => condition.Id == "control-unreachable");
        Assert.NotNull(await next.Control.FindAsync("web"));
    }

    // status-nostate-control-unreachable-with-state.json.
    [Fact(Timeout = 300_000)]
    public async Task With_state_it_comes_up_without_a_key_and_waits_out_control_server_and_authority()
    {
        // Due for renewal from the start: valid for 15 minutes of 75.
        await Control.SetAcmeAsync(Acme.Ok, lifetime: TimeSpan.FromMinutes(15));
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        await RunServiceAsync("web");
        var before = await daemon.ReadyAsync("web");
        var machine = (await Control.FindAsync("web"))!;
        daemon.Terminate();
        Assert.Equal(0, await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation));

        Control.GoAway();
        await Control.SetAcmeAsync(Acme.Down);
        daemon = StartDaemon(new Dictionary<string, string?> { ["TS_AUTHKEY"] = null, ["DOVETAIL_POLL"] = "1s" });
        await daemon.ServiceAsync("web", service => service.Has("control-unreachable"), "control-unreachable");

        Control.ComeBack();
        var after = await daemon.ServiceAsync(
            "web", service => service is { State: "Ready", Certificate: not null }, "Ready");
        Assert.Equal((before.DnsName, before.Certificate), (after.DnsName, after.Certificate));
        Assert.Equal(before.Addresses, after.Addresses);
        Assert.Equal(machine.StableId, (await Control.FindAsync("web"))!.StableId);
        Assert.Equal((1, 1), (await Tailnet.RegistrationsOfAsync("web"), await Tailnet.CertificatesOfAsync("web")));
        await Eventually.GetAsync(
            token => peer.Http().GetStringAsync($"https://{peer.NameOf("web")}/", token),
            page => page.Contains("Hello", StringComparison.Ordinal),
            "the page");
    }

    // Whose machine holds the name, status.json tells: the same owner, offline.
    [Fact(Timeout = 300_000)]
    public async Task A_service_that_has_lost_its_state_says_that_its_name_is_its_former_machines_and_how_to_free_it()
    {
        var daemon = StartDaemon();
        await RunServiceAsync("web");
        await daemon.ReadyAsync("web");
        daemon.Terminate();
        Assert.Equal(0, await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation));
        System.IO.Directory.Delete(Path.Combine(StateDirectory, "web"), recursive: true);

        daemon = StartDaemon();
        var status = await daemon.ServiceAsync(
            "web",
            service => service.Has("name-taken") && service.Condition("name-taken").Text.Contains("former", StringComparison.Ordinal),
            "the former machine to be named");

        Assert.Matches(
            "^the name web is taken in the tailnet: this node is web-1\\..+; the other machine is of the same owner and offline since .+: "
                + "probably this service's former one, whose state was lost$",
            status.Condition("name-taken").Text);
        Assert.Equal(
            "Remove the machine web on the control server and rename this one to web.", status.Condition("name-taken").Fix);
    }

    private static Dictionary<string, string> Tagged(string tags) => new() { ["name"] = "web", ["port"] = "80", ["tags"] = tags };
}
