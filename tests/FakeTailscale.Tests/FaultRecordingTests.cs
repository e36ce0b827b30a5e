using System.Diagnostics;
using System.Text.Json;
using FakeTailscale.Control;

namespace FakeTailscale.Tests;

/// <summary>What daemons do when control or the certificate authority is in trouble, and that they heal as recorded.</summary>
public sealed class FaultRecordingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>At first only Self.Online tells of it; the warning comes late.</summary>
    [Fact]
    public async Task A_lost_control_server_shows_in_Online_at_once_and_in_Health_late()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        bench.Environment["FAKE_TAILSCALE_MAP_POLL_HEALTH_DELAY_MS"] = "1500";
        StandInDaemon node = await bench.NodeAsync("loss");
        await using BusWatch bus = await BusWatch.OpenAsync(node);
        bench.Control.Faults.Unreachable = true;
        await Eventually.TrueAsync(async () => !await node.IsOnlineAsync(), "Self.Online is false");
        Assert.Equal(("Running", 0), (await node.StateAsync(), (await node.HealthAsync()).Count));
        Assert.Single(bus.Events);
        await bus.WaitForAsync("Health{not-in-map-poll}");
        Assert.Equal(
            [
                "Unable to connect to the Tailscale coordination server to synchronize the state of your tailnet. Peer reachability "
                    + "might degrade over time."],
            await node.HealthAsync());
        Assert.DoesNotContain(bus.Events, static line => line.Contains("ErrMessage", StringComparison.Ordinal));

        bench.Control.Faults.Unreachable = false;
        await Eventually.TrueAsync(
            async () => await node.IsOnlineAsync() && (await node.HealthAsync()).Count == 0, "the node is back");
        Assert.Equal(1, bench.Control.TotalRegistrations);
    }

    /// <summary>up-bad-key-running.txt: the CLI says that all is well.</summary>
    [Fact]
    public async Task A_refused_key_cuts_a_running_node_off_until_a_good_key_or_a_restart()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("rk");
        CommandResult up = await bench.CliAsync(
            "rk",
            "up",
            "--reset",
            $"--auth-key=file:{bench.Secrets}/bad.key",
            "--hostname=rk",
            $"--login-server={bench.Control.Url}",
            "--accept-dns=false",
            "--timeout=5s");
        Assert.Equal((0, ""), (up.ExitCode, up.Error));
        await Eventually.TrueAsync(
            async () =>
                (await node.HealthAsync()).Contains("You are logged out. The last login error was: invalid key: API key does not exist"),
            "Health tells of the key");
        Assert.Equal(("Running", false), (await node.StateAsync(), await node.IsOnlineAsync()));
        await bench.NodeAsync("joins");
        Assert.Equal(404, (await node.GetAsync($"whois?addr={bench.Control.FindNode("joins")!.IPv4}")).Status);
        Assert.False(bench.Control.FindNode("rk")!.Online);

        Assert.Equal(0, (await bench.UpAsync("rk")).ExitCode);
        await Eventually.TrueAsync(
            async () => await node.IsOnlineAsync() && (await node.HealthAsync()).Count == 0, "the good key helps");
        Assert.Equal(200, (await node.GetAsync($"whois?addr={bench.Control.FindNode("joins")!.IPv4}")).Status);
    }

    [Fact]
    public async Task A_deleted_node_stays_Running_offline_and_registers_anew_with_a_key()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("del");
        bench.Control.DeleteNode("del");
        await Eventually.TrueAsync(async () => !await node.IsOnlineAsync(), "Self.Online is false");
        Assert.Equal("Running", await node.StateAsync());
        await Eventually.TrueAsync(
            () => node.Error.Contains("PollNetMap: initial fetch failed 400: node not found", StringComparison.Ordinal),
            "the log tells of it");
        Assert.Equal(0, (await bench.UpAsync("del")).ExitCode);
        await Eventually.TrueAsync(node.IsOnlineAsync, "the node is back");
        Assert.Equal("del.tailtest.ts.net", Assert.Single(bench.Control.Nodes).DnsName);
    }

    /// <summary>Retry-After is ignored by 1.96.5.</summary>
    [Fact]
    public async Task A_rate_limit_is_tried_again_without_waiting_for_Retry_After()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        bench.Control.Faults.LimitRegistrations(TimeSpan.FromSeconds(30), times: 3);
        StandInDaemon node = await bench.DaemonAsync("rl");
        await using BusWatch bus = await BusWatch.OpenAsync(node);
        Assert.Equal(0, (await bench.UpAsync("rl")).ExitCode);
        Assert.Contains(bus.Events, static line => line.Contains("login-state", StringComparison.Ordinal));
        Assert.DoesNotContain(bus.Events, static line => line.Contains("ErrMessage", StringComparison.Ordinal));
        Assert.Contains("Received error: register request: http 429: rate limit exceeded", node.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_daemons_on_one_state_directory_push_each_other_off()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon first = await bench.NodeAsync("grafana");
        ProcessStartInfo start = bench.DaemonStart("grafana", $"--socket={bench.SocketPath("second")}");
        await using StandInDaemon second = await StandInDaemon.StartAsync(start, bench.SocketPath("second"));
        await second.WaitForStateAsync("Running");
        await Eventually.TrueAsync(async () => !await first.IsOnlineAsync(), "the first is pushed off");
        await Eventually.TrueAsync(first.IsOnlineAsync, "the first comes back");
        Assert.Single(bench.Control.Nodes);
    }

    /// <summary>cert-acme.txt has the errors that come at once; these do not.</summary>
    [Theory]
    [InlineData(AcmeBehavior.Error500)]
    [InlineData(AcmeBehavior.RateLimited429)]
    [InlineData(AcmeBehavior.Hang)]
    public async Task A_certificate_authority_in_trouble_makes_the_call_wait_until_it_is_well(AcmeBehavior trouble)
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("f3");
        bench.Control.Faults.Acme = trouble;
        Process waiting = bench.StartProcess("tailscale", $"--socket={node.Socket}", "cert", "--cert-file=-", "f3.tailtest.ts.net");
        await Eventually.TrueAsync(
            () => node.Error.Contains("cert(\"f3.tailtest.ts.net\"): acme: using Directory URL", StringComparison.Ordinal),
            "the order has begun");
        Assert.False(waiting.HasExited);
        if (trouble == AcmeBehavior.Hang)
        {
            // The caller's end cancels the order, and nothing is stored.
            waiting.Kill();
            await Eventually.TrueAsync(
                () => node.Error.Contains("getCertPEM: CreateOrder: context canceled", StringComparison.Ordinal), "the order is cancelled");
            Assert.False(File.Exists(Path.Combine(bench.StatePath("f3"), "certs", "f3.tailtest.ts.net.crt")));
            bench.Control.Faults.Acme = AcmeBehavior.Ok;
            Assert.Equal(0, (await bench.CliAsync("f3", "cert", "--cert-file=-", "f3.tailtest.ts.net")).ExitCode);
        }
        else
        {
            bench.Control.Faults.Acme = AcmeBehavior.Ok;
            CommandResult result = await StandInBench.EndAsync(waiting);
            Assert.Equal(0, result.ExitCode);
            Assert.StartsWith("-----BEGIN CERTIFICATE-----", result.Output, StringComparison.Ordinal);
        }

        waiting.Dispose();
        Assert.Equal(1, bench.Control.CertificateOrders("f3.tailtest.ts.net"));
    }

    [Fact]
    public async Task Calls_for_one_name_share_an_order_and_the_key_comes_first()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("slow");
        bench.Control.Faults.Acme = AcmeBehavior.Slow;
        bench.Control.Faults.AcmeDelay = TimeSpan.FromMilliseconds(500);
        RawReply[] replies = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => node.GetAsync("cert/slow.tailtest.ts.net?type=pair")));
        Assert.Equal(1, bench.Control.CertificateOrders("slow.tailtest.ts.net"));
        Assert.All(replies, reply => Assert.Equal(replies[0].Body, reply.Body));
        Assert.Equal(("text/plain", 200), (replies[0].Header("Content-Type"), replies[0].Status));
        string[] blocks = [.. replies[0].Body.Split('\n').Where(static line => line.StartsWith("-----BEGIN", StringComparison.Ordinal))];
        Assert.Equal(["-----BEGIN EC PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----"], blocks);
        Assert.StartsWith("-----BEGIN EC", (await node.GetAsync("cert/slow.tailtest.ts.net?type=key")).Body, StringComparison.Ordinal);
        Assert.StartsWith("-----BEGIN CERTIFICATE", (await node.GetAsync("cert/slow.tailtest.ts.net")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_due_certificate_is_answered_and_renewed_behind_and_an_expired_one_waited_for()
    {
        const string Name = "ren.tailtest.ts.net";
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("ren");
        bench.Control.Faults.CertificateLifetime = TimeSpan.FromSeconds(60);
        string first = (await node.GetAsync($"cert/{Name}")).Body;
        bench.Control.Faults.CertificateLifetime = TimeSpan.FromDays(90);
        Assert.Equal(first, (await node.GetAsync($"cert/{Name}")).Body);
        await Eventually.TrueAsync(() => bench.Control.CertificateOrders(Name) == 2, "it is renewed behind");
        await Eventually.TrueAsync(async () => (await node.GetAsync($"cert/{Name}")).Body != first, "the new one is answered");
        Assert.Equal(2, bench.Control.CertificateOrders(Name));

        await node.GetAsync($"cert/{Name}?min_validity=720h");
        Assert.Equal(2, bench.Control.CertificateOrders(Name));
        await node.GetAsync($"cert/{Name}?min_validity=3000h");
        Assert.Equal(3, bench.Control.CertificateOrders(Name));
        bench.Control.Faults.Acme = AcmeBehavior.Down;
        Assert.Equal(500, (await node.GetAsync($"cert/{Name}?min_validity=3000h")).Status);
        Assert.Equal(200, (await node.GetAsync($"cert/{Name}")).Status);
    }

    [Fact]
    public async Task An_OAuth_client_makes_keys_for_its_tags()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        string secret = bench.Control.CreateOAuthClient("tag:web");
        await bench.DaemonAsync("oa");
        string file = Path.Combine(bench.Secrets, "client.key");
        await File.WriteAllTextAsync(file, secret + "\n", TestContext.Current.CancellationToken);
        string[] words = [
            "up", "--reset", $"--auth-key=file:{file}", "--hostname=oa", $"--login-server={bench.Control.Url}", "--timeout=20s"];
        CommandResult untagged = await bench.CliAsync("oa", words);
        Assert.Equal((1, "oauth authkeys require --advertise-tags\n"), (untagged.ExitCode, untagged.Error));
        Assert.Equal(0, (await bench.CliAsync("oa", [.. words, "--advertise-tags=tag:web"])).ExitCode);
        Assert.Equal(["tag:web"], bench.Control.FindNode("oa")!.Tags);
    }

    [Fact]
    public async Task A_node_in_memory_logs_out_at_SIGTERM_only()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon terminated = await bench.NodeAsync("eph", "--state=mem:");
        Assert.Equal(0, await terminated.EndAsync(Signals.Terminate));
        Assert.Null(bench.Control.FindNode("eph"));
        StandInDaemon killed = await bench.NodeAsync("eph", "--state=mem:");
        await killed.EndAsync(Signals.Kill);
        Assert.NotNull(bench.Control.FindNode("eph"));
    }

    [Fact]
    public async Task Users_may_have_names_beyond_ASCII()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        bench.Control.AddUser(new TailnetUser("ada@example.com", "Ada Løvelace 🦊", "https://example.com/ada.png"));
        string key = bench.Control.CreateAuthKey(new AuthKeyOptions { User = "ada@example.com" });
        StandInDaemon node = await bench.DaemonAsync("ada");
        Assert.Equal(0, (await bench.UpAsync("ada", $"--auth-key={key}")).ExitCode);
        RawReply reply = await node.GetAsync($"whois?addr={bench.Control.FindNode("ada")!.IPv4}");
        JsonElement profile = JsonDocument.Parse(reply.Body[reply.Body.IndexOf('{', StringComparison.Ordinal)..])
            .RootElement.GetProperty("UserProfile");
        Assert.Equal(
            ("ada@example.com", "Ada Løvelace 🦊"),
            (profile.GetProperty("LoginName").GetString(), profile.GetProperty("DisplayName").GetString()));
    }
}
