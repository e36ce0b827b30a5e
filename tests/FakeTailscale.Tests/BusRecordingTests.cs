using System.Text.Json;

namespace FakeTailscale.Tests;

/// <summary>The bus says the recorded things in the recorded order.</summary>
public sealed class BusRecordingTests
{
    [Fact]
    public async Task A_fresh_login_is_announced_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.DaemonAsync("grafana");
        await using BusWatch bus = await BusWatch.OpenAsync(node);
        await bench.NodeAsync("grafana");
        await bus.WaitForAsync("State=6");
        string[] recorded = [
            .. File.ReadLines(Recording.Path("bus-fresh-login.ndjson"))
                .Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("notify").GetRawText())];

        Assert.Equal(Milestones(BusWatch.Short(recorded)), Milestones(bus.Events));

        // Every kind of line has the recorded fields; the network map down to its last field.
        Dictionary<string, string> shapes = recorded.Where(static line => !line.Contains("\"Health\"", StringComparison.Ordinal))
            .GroupBy(static line => BusWatch.Short([line])[0])
                .ToDictionary(static kind => kind.Key, static kind => JsonShape.Of(kind.Last()));
        foreach (string line in bus.Lines.Skip(1))
        {
            string kind = BusWatch.Short([line])[0];
            if (kind == "Prefs" || !shapes.TryGetValue(kind, out string? shape))
            {
                continue;
            }

            Assert.Equal(shape, JsonShape.Of(line));
        }

        Assert.Equal(JsonShape.Of(recorded[0]), JsonShape.Of(bus.Lines[0]));
    }

    [Fact]
    public async Task A_refused_key_is_announced_at_every_attempt()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.DaemonAsync("bad");
        await using BusWatch bus = await BusWatch.OpenAsync(node);
        CommandResult up = await bench.CliAsync(
            "bad", "up", "--reset", $"--auth-key=file:{bench.Secrets}/bad.key", "--hostname=bad", $"--login-server={bench.Control.Url}");
        Assert.Equal((1, "backend error: invalid key: API key does not exist\n"), (up.ExitCode, up.Error));
        await Eventually.TrueAsync(() => bench.Control.RegisterAttempts("bad") >= 5, "the daemon goes on trying");
        string[] recorded = [
            .. File.ReadLines(Recording.Path("bus-invalid-key.ndjson"))
                .Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("notify").GetRawText())];
        Assert.Equal(BusWatch.Short(recorded).Take(6), bus.Events.Take(6));
        Assert.Equal("NeedsLogin", await node.StateAsync());
        Assert.Contains("You are logged out. The last login error was: invalid key: API key does not exist", await node.HealthAsync());
    }

    /// <summary>A restart with state, down and up, a logout: the order of notifications as recorded with 1.96.5.</summary>
    [Fact]
    public async Task Restart_down_up_and_logout_are_announced_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon first = await bench.NodeAsync("dn");
        await first.EndAsync(Signals.Kill);
        bench.Control.Faults.RegisterDelay = TimeSpan.FromSeconds(5);
        StandInDaemon node = await bench.DaemonAsync("dn");
        await using BusWatch bus = await BusWatch.OpenAsync(node);
        await bus.WaitForAsync("State=6");
        Assert.StartsWith("SessionID State=0 Prefs", bus.Events[0], StringComparison.Ordinal);
        Assert.Equal(["State=0", "NetMap", "State=5", "State=6"], Milestones(bus.Events));

        bench.Control.Faults.RegisterDelay = TimeSpan.Zero;
        await using BusWatch down = await BusWatch.OpenAsync(node);
        Assert.Equal(0, (await bench.CliAsync("dn", "down")).ExitCode);
        await down.WaitForAsync("Health{wantrunning-false}");
        Assert.Equal(["State=6", "State=4", "Prefs"], Milestones(down.Events));

        await using BusWatch up = await BusWatch.OpenAsync(node);
        Assert.Equal(0, (await bench.CliAsync("dn", "up")).ExitCode);
        await up.WaitForAsync("NetMap");
        Assert.Equal(["State=4", "State=5", "Prefs", "State=6", "NetMap"], Milestones(up.Events));

        await using BusWatch gone = await BusWatch.OpenAsync(node);
        Assert.Equal(0, (await bench.CliAsync("dn", "logout")).ExitCode);
        await gone.WaitForAsync("State=2");
        Assert.Equal(["State=6", "State=4", "Prefs", "State=0", "Prefs", "State=2"], Milestones(gone.Events));
    }

    [Fact]
    public async Task Expiry_is_announced_and_heals_by_extension_or_by_a_new_login()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("exp");
        string address = bench.Control.FindNode("exp")!.IPv4;
        await using BusWatch bus = await BusWatch.OpenAsync(node);
        bench.Control.ExpireNode("exp");
        await bus.WaitForAsync("State=2");
        Assert.Equal(["State=6", "NetMap", "State=2"], Milestones(bus.Events));
        bench.Control.ExtendNode("exp");
        await node.WaitForStateAsync("Running");

        bench.Control.ExpireNode("exp");
        await node.WaitForStateAsync("NeedsLogin");
        CommandResult up = await bench.UpAsync("exp");
        Assert.Equal(0, up.ExitCode);
        FakeTailscale.Control.TailnetNode after = bench.Control.FindNode("exp")!;
        Assert.Equal((address, "exp.tailtest.ts.net", 2), (after.IPv4, after.DnsName, after.RegistrationCount));

        // By time, without a word of control.
        bench.Control.SetKeyExpiry("exp", TimeProvider.System.GetUtcNow().AddSeconds(2));
        await node.WaitForStateAsync("NeedsLogin");
    }

    [Fact]
    public async Task A_restart_while_expired_asks_for_a_login_to_everybody()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("exp");
        bench.Control.ExpireNode("exp");
        await node.WaitForStateAsync("NeedsLogin");
        await node.EndAsync(Signals.Terminate);
        bench.Control.Faults.RegisterDelay = TimeSpan.FromSeconds(5);
        StandInDaemon again = await bench.DaemonAsync("exp");
        await using BusWatch bus = await BusWatch.OpenAsync(again);
        await bus.WaitForAsync("BrowseToURL");
        Assert.Equal(["State=0", "State=2"], Milestones(bus.Events));
        JsonElement status = await again.StatusAsync();
        Assert.Equal(JsonValueKind.Null, status.GetProperty("TailscaleIPs").ValueKind);
        Assert.Equal(0, (await bench.UpAsync("exp")).ExitCode);
        Assert.Single(bench.Control.Nodes);
    }

    /// <summary>What each bit of the mask brings, and the head of the answer, as recorded with 1.96.5.</summary>
    [Fact]
    public async Task Masks_choose_the_first_line()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("grafana");
        await using BusWatch state = await BusWatch.OpenAsync(node, "?mask=2");
        await using BusWatch prefs = await BusWatch.OpenAsync(node, "?mask=4");
        await using BusWatch health = await BusWatch.OpenAsync(node, "?mask=130");
        await using BusWatch engine = await BusWatch.OpenAsync(node, "?mask=1");
        await using BusWatch map = await BusWatch.OpenAsync(node, "?mask=8");
        await using BusWatch none = await BusWatch.OpenAsync(node, "");
        await using BusWatch only = await BusWatch.OpenAsync(node, "?mask=128");
        await Eventually.TrueAsync(() => map.Events.Count > 0 && engine.Events.Count > 0, "the first lines are there");
        Assert.Equal(["SessionID State=6"], state.Events);
        Assert.Equal(["Prefs"], prefs.Events);
        Assert.Equal(["SessionID State=6 Health{}"], health.Events);
        Assert.Equal(["Engine"], engine.Events);
        Assert.Equal(["NetMap"], map.Events);
        Assert.Empty(none.Events);
        Assert.Empty(only.Events);
        RawReply bad = await node.GetAsync("watch-ipn-bus?mask=abc");
        Assert.Equal((400, "bad mask\n"), (bad.Status, bad.Body));
        Assert.Equal(
            [
                "HTTP/1.1 200 OK", "Content-Security-Policy", "Content-Type", "Tailscale-Cap", "Tailscale-Version",
                "X-Content-Type-Options", "X-Frame-Options", "Date", "Transfer-Encoding"],
            state.Head.Split("\r\n").Select(static line => line.Split(':')[0]));
    }

    [Fact]
    public async Task A_login_URL_goes_only_to_the_process_that_asked_for_it()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.DaemonAsync("inter");
        await using BusWatch bus = await BusWatch.OpenAsync(node);
        await bench.CliAsync("inter", "up", "--reset", "--hostname=inter", $"--login-server={bench.Control.Url}", "--timeout=3s");
        Assert.DoesNotContain("BrowseToURL", bus.Events);
        await using BusWatch late = await BusWatch.OpenAsync(node);
        await late.WaitForAsync("SessionID State=2 Prefs BrowseToURL Health");

        // Recorded with 1.96.5: start alone does not log in; login-interactive by the watcher's own process tells it the URL.
        RawReply start = await node.RequestAsync(
            "POST", "start", $$"""{"UpdatePrefs": {"ControlURL": "{{bench.Control.Url}}", "WantRunning": true, "Hostname": "inter2"} }""");
        Assert.Equal(204, start.Status);
        int attempts = bench.Control.RegisterAttempts("inter2");
        Assert.Equal(0, attempts);
        Assert.Equal(204, (await node.RequestAsync("POST", "login-interactive")).Status);
        await bus.WaitForAsync("BrowseToURL");
    }

    [Fact]
    public async Task The_stream_ends_cleanly_at_SIGTERM_and_bare_at_SIGKILL()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon first = await bench.NodeAsync("grafana");
        await using BusWatch terminated = await BusWatch.OpenAsync(first);
        Assert.Equal(0, await first.EndAsync(Signals.Terminate));
        await terminated.WaitForEndAsync();
        Assert.Equal("final zero-length chunk (clean end)", terminated.End);

        StandInDaemon second = await bench.DaemonAsync("grafana");
        await using BusWatch killed = await BusWatch.OpenAsync(second);
        Assert.Equal(-9, await second.EndAsync(Signals.Kill));
        await killed.WaitForEndAsync();
        Assert.Equal("EOF without final chunk", killed.End);
    }

    /// <summary>What a supervisor goes by: states, logins, preferences and errors, and the first network map before each state.</summary>
    private static List<string> Milestones(IEnumerable<string> events)
    {
        List<string> kept = [];
        foreach (string line in events)
        {
            string? part = line.Split(' ')
                .FirstOrDefault(
                    static word => word.StartsWith("State=", StringComparison.Ordinal) || word is "LoginFinished" or "Prefs" or "NetMap");
            if (part is not null && (part != "NetMap" || !kept.Contains("NetMap")))
            {
                kept.Add(part);
            }
        }

        return kept;
    }
}
