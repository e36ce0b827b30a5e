using System.Text.Json;

namespace FakeTailscale.Tests;

/// <summary>The LocalAPI's documents have the recorded fields, in order, with the recorded types.</summary>
public sealed class DocumentRecordingTests
{
    [Fact]
    public async Task Status_has_the_recorded_fields_in_every_state()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon fresh = await bench.DaemonAsync("grafana");
        await AssertStatusAsync("status-needslogin-fresh.json", fresh);

        StandInDaemon laptop = await bench.NodeAsync("laptop");
        StandInDaemon nas = await bench.NodeAsync("nas");
        await bench.NodeAsync("webtag", "--verbose=1");
        Assert.Equal(0, (await bench.UpAsync("webtag", "--advertise-tags=tag:web")).ExitCode);
        await nas.EndAsync(Signals.Terminate);
        StandInDaemon node = await bench.NodeAsync("grafana");
        await Eventually.TrueAsync(
            async () => (await node.StatusAsync())
                .GetProperty("Peer")
                .EnumerateObject()
                .Count(static peer => peer.Value.GetProperty("Online").GetBoolean()) == 2,
            "two of three peers are online");
        await AssertStatusAsync("status-running.json", node);

        Assert.Equal(0, (await bench.CliAsync("grafana", "down")).ExitCode);
        await AssertStatusAsync("status-stopped-after-down.json", node);
        await node.EndAsync(Signals.Terminate);
        StandInDaemon again = await bench.DaemonAsync("grafana");
        await Eventually.TrueAsync(
            async () => (await again.StatusAsync()).GetProperty("TailscaleIPs").ValueKind == JsonValueKind.Array,
            "the stopped node has its map");
        await AssertStatusAsync("status-stopped-after-down.json", again);
        Assert.False(await again.IsOnlineAsync());
        Assert.Equal(["Tailscale is stopped."], await again.HealthAsync());
        _ = laptop;
    }

    [Fact]
    public async Task Status_of_an_expired_node_keeps_its_addresses()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("exp");
        bench.Control.ExpireNode("exp");
        await node.WaitForStateAsync("NeedsLogin");
        await AssertStatusAsync("status-expired.json", node);
        Assert.Empty(await node.HealthAsync());
    }

    [Fact]
    public async Task Status_of_a_node_that_waits_shows_for_what()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        await bench.NodeAsync("fresh");
        StandInDaemon pending = await bench.DaemonAsync("inter");
        CommandResult up = await bench.CliAsync(
            "inter", "up", "--reset", "--hostname=inter", $"--login-server={bench.Control.Url}", "--timeout=3s");
        Assert.Equal(1, up.ExitCode);
        await Eventually.TrueAsync(
            async () => (await pending.StatusAsync()).GetProperty("AuthURL").GetString()!.Length > 0, "a login URL is shown");
        await AssertStatusAsync("status-needslogin-authurl.json", pending);

        bench.Control.RequireApproval = true;
        StandInDaemon waiting = await bench.DaemonAsync("appr");
        await bench.UpAsync("appr", "--timeout=3s");
        await waiting.WaitForStateAsync("NeedsMachineAuth");
        JsonElement self = (await waiting.StatusAsync()).GetProperty("Self");
        Assert.True(self.GetProperty("Online").GetBoolean());
        Assert.NotEqual(0, self.GetProperty("TailscaleIPs").GetArrayLength());
    }

    [Fact]
    public async Task Status_of_a_node_that_starts_without_control_is_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("cs3");
        await node.EndAsync(Signals.Terminate);
        bench.Control.Faults.Unreachable = true;
        StandInDaemon again = await bench.DaemonAsync("cs3");
        await Eventually.TrueAsync(
            async () => (await again.HealthAsync()).Any(static text => text.StartsWith("You are logged out.", StringComparison.Ordinal)),
            "Health tells of the login");
        await AssertStatusAsync("status-nostate-control-unreachable-with-state.json", again);
        Assert.Equal("NoState", await again.StateAsync());
        bench.Control.Faults.Unreachable = false;
        await again.WaitForStateAsync("Running");
        Assert.Equal(1, bench.Control.TotalRegistrations);
    }

    [Fact]
    public async Task Prefs_have_the_recorded_fields_and_PATCH_takes_only_what_is_flagged()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.DaemonAsync("grafana");
        Assert.Equal(Recording.Text("prefs-needslogin.json").TrimEnd(), (await node.GetAsync("prefs")).Body.TrimEnd());
        await bench.NodeAsync("grafana");
        Assert.Equal(JsonShape.Of(Recording.Text("prefs-running.json")), JsonShape.Of((await node.GetAsync("prefs")).Body));

        RawReply renamed = await node.RequestAsync("PATCH", "prefs", """{"Hostname": "grafana2", "HostnameSet": true}""");
        Assert.Contains("\"Hostname\": \"grafana2\"", renamed.Body, StringComparison.Ordinal);
        RawReply unflagged = await node.RequestAsync("PATCH", "prefs", """{"Hostname":"x"}""");
        Assert.Contains("\"Hostname\": \"grafana2\"", unflagged.Body, StringComparison.Ordinal);
        RawReply bad = await node.RequestAsync("PATCH", "prefs", "{bad");
        Assert.Equal((400, "invalid character 'b' looking for beginning of object key string\n"), (bad.Status, bad.Body));
        await Eventually.TrueAsync(() => bench.Control.FindNode("grafana2") is not null, "control knows the new name");
    }

    [Fact]
    public async Task Whois_has_the_recorded_fields()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        await bench.NodeAsync("laptop");
        await bench.DaemonAsync("ci-runner");
        Assert.Equal(0, (await bench.UpAsync("ci-runner", "--advertise-tags=tag:web")).ExitCode);
        StandInDaemon node = await bench.NodeAsync("grafana");
        string peer = bench.Control.FindNode("laptop")!.IPv4;
        string tagged = bench.Control.FindNode("ci-runner")!.IPv4;
        string self = bench.Control.FindNode("grafana")!.IPv4;
        await Eventually.TrueAsync(
            async () => (await node.GetAsync($"whois?addr={tagged}")).Status == 200, "the peers are known");
        await AssertWhoIsAsync("whois-peer-ip-port.json", node, peer + ":51234");
        await AssertWhoIsAsync("whois-tagged-peer.json", node, tagged);
        await AssertWhoIsAsync("whois-self.json", node, self);
        bench.Control.GrantCapability(
            "laptop", "example.com/cap/dovetail", """[{"role":"admin","routes":["grafana","loki"]},{"role":"viewer"}]""");
        bench.Control.GrantCapability("laptop", "tailscale.com/cap/webui");
        await Eventually.TrueAsync(
            async () => (await node.GetAsync($"whois?addr={peer}")).Body.Contains("example.com/cap/dovetail", StringComparison.Ordinal),
            "the capability is there");
        await AssertWhoIsAsync("whois-peer-with-app-capabilities.json", node, peer);
    }

    [Fact]
    public async Task Whois_refuses_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("grafana");
        (string Query, int Status, string Body, double Least)[] calls =
        [
            ("addr=100.99.99.99", 404, "no match for IP:port\n", 0),
            ("addr=100.99.99.99:443&proto=tcp", 404, "no match for IP:port\n", 0.17),
            ("addr=192.0.2.77:443", 404, "no match for IP:port\n", 0.34),
            ("addr=nonsense", 400, "invalid 'addr' parameter\n", 0),
            ("addr=100.64.0.1:", 400, "invalid 'addr' parameter\n", 0),
            ("addr=100.64.0.1/32", 400, "invalid 'addr' parameter\n", 0),
            ("addr=", 400, "missing 'addr' parameter\n", 0),
            ("", 400, "missing 'addr' parameter\n", 0),
        ];
        foreach ((string query, int status, string body, double least) in calls)
        {
            long start = TimeProvider.System.GetTimestamp();
            RawReply reply = await node.GetAsync("whois?" + query);
            Assert.Equal((query, status, body), (query, reply.Status, reply.Body));
            Assert.True(TimeProvider.System.GetElapsedTime(start).TotalSeconds >= least, query);
        }
    }

    private static async Task AssertStatusAsync(string recording, StandInDaemon daemon) =>
        Assert.Equal(JsonShape.Of(Recording.Text(recording)), JsonShape.Of((await daemon.GetAsync("status")).Body));

    private static async Task AssertWhoIsAsync(string recording, StandInDaemon daemon, string address)
    {
        RawReply reply = await daemon.GetAsync($"whois?addr={address}");
        Assert.Equal(200, reply.Status);

        // What a network check found differs from node to node in the recordings, too.
        Assert.Equal(Less(JsonShape.Of(Recording.Text(recording))), Less(JsonShape.Of(reply.Body)));
        static string Less(string shape) =>
            string.Join('\n', shape.Split('\n').Where(static line => !line.Contains("MappingVariesByDestIP", StringComparison.Ordinal)));
    }
}
