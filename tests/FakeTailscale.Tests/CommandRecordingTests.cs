using System.Diagnostics;
using FakeTailscale.Control;

namespace FakeTailscale.Tests;

/// <summary>The same commands end with the same exit codes and texts as recorded.</summary>
public sealed class CommandRecordingTests
{
    /// <summary>Recordings whose commands need nothing but a control server and their nodes.</summary>
    [Theory]
    [InlineData("version.txt")]
    [InlineData("up-invalid-key.txt")]
    [InlineData("up-errors-fresh.txt")]
    [InlineData("up-hostname.txt")]
    [InlineData("serve-before-login.txt")]
    public async Task Commands_end_as_recorded(string recording)
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        await bench.ReplayAsync(recording);
    }

    [Theory]
    [InlineData("up-success.txt", "grafana")]
    [InlineData("up-errors-running.txt", "misc")]
    [InlineData("up-bad-key-running.txt", "rk")]
    [InlineData("cert-success.txt", "app")]
    [InlineData("serve-cli.txt", "grafana")]
    public async Task Commands_on_a_running_node_end_as_recorded(string recording, string node)
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        await bench.NodeAsync(node);
        await bench.ReplayAsync(recording);
    }

    [Fact]
    public async Task Bad_arguments_of_the_daemon_are_refused_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        IReadOnlyList<RecordedCommand> commands = RecordedCommand.Load("bad-arguments.txt");
        await bench.ReplayAsync(commands[0]);
        await bench.ReplayAsync(commands[1]);
        await bench.ReplayAsync(commands[2]);
        CommandResult port = await bench.RunAsync("tailscaled", "--port=abc");
        Assert.Equal(2, port.ExitCode);
        Assert.StartsWith(commands[3].Error.Split('\n')[0] + "\n", port.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_files_are_read_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();

        // The recorded control server let in who had no key.
        bench.Control.RequireLogin = false;
        await bench.ReplayAsync("up-auth-key-file.txt");
    }

    [Fact]
    public async Task Tags_are_granted_changed_and_refused_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        bench.Control.Faults.RefuseTag("tag:nope");
        bench.Control.Faults.RefuseTag("tag:Web");
        await bench.ReplayAsync("up-tags.txt");
        Assert.Equal(["tag:web"], bench.Control.FindNode("tg")!.Tags);
        Assert.Equal("tagged-devices", bench.Control.FindNode("tg")!.User);
        StandInDaemon dropped = await bench.DaemonAsync("tg2");
        await dropped.WaitForStateAsync("NeedsLogin");
    }

    [Fact]
    public async Task A_busy_or_too_long_socket_path_ends_the_daemon_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon first = await bench.DaemonAsync("grafana");
        IReadOnlyList<RecordedCommand> commands = RecordedCommand.Load("daemon-sockets.txt");
        CommandResult busy = await bench.RunAsync("tailscaled", $"--statedir={bench.StatePath("other")}", $"--socket={first.Socket}");
        Assert.Equal(commands[0].ExitCode, busy.ExitCode);
        Assert.EndsWith($"safesocket.Listen: {first.Socket}: address already in use", busy.Error.TrimEnd(), StringComparison.Ordinal);
        Assert.EndsWith(
            "safesocket.Listen: /run/dovetail/grafana.sock: address already in use", commands[0].Error.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal("NeedsLogin", await first.StateAsync());

        string path = Path.Combine(bench.Run, new string('x', 108) + ".sock");
        CommandResult tooLong = await bench.RunAsync("tailscaled", $"--statedir={bench.StatePath("longp")}", $"--socket={path}");
        Assert.Equal(commands[1].ExitCode, tooLong.ExitCode);
        Assert.EndsWith(
            $"safesocket.Listen: listen unix {path}: bind: invalid argument", tooLong.Error.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_in_the_browser_runs_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        IReadOnlyList<RecordedCommand> commands = RecordedCommand.Load("up-interactive.txt");
        Task first = bench.ReplayAsync(commands[0]);
        await CompleteAsync(bench, first);
        CommandResult json = await JsonAsync(bench);
        Assert.Equal(0, json.ExitCode);
        Assert.Equal(
            JsonShape.Of(commands[1].Output[..(commands[1].Output.IndexOf("\n}", StringComparison.Ordinal) + 2)]),
            JsonShape.Of(json.Output[..(json.Output.IndexOf("\n}", StringComparison.Ordinal) + 2)]));
        Assert.EndsWith("{\n  \"BackendState\": \"Running\"\n}\n", json.Output, StringComparison.Ordinal);

        await bench.ReplayAsync(commands[2]);
        bench.Control.Faults.KeyIsNotEnough = true;
        await bench.ReplayAsync(commands[3]);
        StandInDaemon pending = await bench.DaemonAsync("inter3");
        Assert.StartsWith(
            bench.Control.Url + "/auth/", (await pending.StatusAsync()).GetProperty("AuthURL").GetString(), StringComparison.Ordinal);
        Assert.Contains("You are logged out.", await pending.HealthAsync());

        static async Task<CommandResult> JsonAsync(StandInBench bench)
        {
            await bench.DaemonAsync("inter2");
            using Process process = bench.StartProcess(
                "tailscale",
                $"--socket={bench.SocketPath("inter2")}",
                "up",
                "--reset",
                "--json",
                "--hostname=inter2",
                $"--login-server={bench.Control.Url}",
                "--timeout=60s");
            Task<CommandResult> end = StandInBench.EndAsync(process);
            await CompleteAsync(bench, end);
            return await end;
        }
    }

    [Fact]
    public async Task Approval_is_waited_for_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        bench.Control.RequireApproval = true;
        IReadOnlyList<RecordedCommand> commands = RecordedCommand.Load("up-approval.txt");
        Task first = bench.ReplayAsync(commands[0]);
        StandInDaemon node = await bench.DaemonAsync("appr");
        await node.WaitForStateAsync("NeedsMachineAuth");
        CommandResult status = await bench.CliAsync("appr", "status");
        Assert.Equal((1, "Machine is not yet approved by tailnet admin.\n"), (status.ExitCode, status.Output));
        bench.Control.Approve("appr");
        await first;
        await bench.ReplayAsync(commands[1]);
    }

    [Fact]
    public async Task An_unreachable_control_server_times_up_out_as_recorded_and_the_node_logs_in_when_it_is_back()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.DaemonAsync("db");
        bench.Control.Faults.Unreachable = true;
        await bench.ReplayAsync("up-unreachable.txt");
        Assert.Equal("NeedsLogin", await node.StateAsync());
        string address = new Uri(bench.Control.Url).Authority;
        Assert.Contains(
            $"You are logged out. The last login error was: fetch control key: Get \"{bench.Control.Url}/key?v=133\": dial tcp "
                + $"{address}: connect: connection refused",
            await node.HealthAsync());

        bench.Control.Faults.Unreachable = false;
        await node.WaitForStateAsync("Running");
        Assert.Empty(await node.HealthAsync());
    }

    [Fact]
    public async Task Without_a_daemon_up_gives_up_after_five_seconds()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        long start = TimeProvider.System.GetTimestamp();
        CommandResult result = await bench.CliAsync("nobody-there", "up", "--timeout=20s");
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("failed to connect to local tailscaled", result.Error, StringComparison.Ordinal);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 4.9, 19);
    }

    [Fact]
    public async Task Certificates_are_refused_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        IReadOnlyList<RecordedCommand> commands = RecordedCommand.Load("cert-failures.txt");
        await bench.ReplayAsync(commands[0]);
        await bench.NodeAsync("grafana");
        foreach (RecordedCommand command in commands.Skip(1))
        {
            await bench.ReplayAsync(command);
        }

        IReadOnlyList<RecordedCommand> acme = RecordedCommand.Load("cert-acme.txt");
        foreach (string node in (string[])["f1", "f2", "f5"])
        {
            await bench.NodeAsync(node);
        }

        bench.Control.Faults.CertificatesEnabled = false;
        StandInDaemon off = await bench.DaemonAsync("f1");
        await Eventually.TrueAsync(
            async () => (await off.StatusAsync()).GetProperty("CertDomains").ValueKind == System.Text.Json.JsonValueKind.Null,
            "CertDomains is null");
        await bench.ReplayAsync(acme[0]);
        bench.Control.Faults.CertificatesEnabled = true;
        bench.Control.Faults.Acme = AcmeBehavior.Down;
        StandInDaemon on = await bench.DaemonAsync("f2");
        await Eventually.TrueAsync(
            async () => (await on.StatusAsync()).GetProperty("CertDomains").ValueKind != System.Text.Json.JsonValueKind.Null,
            "CertDomains is set");
        await bench.ReplayAsync(acme[1]);
        bench.Control.Faults.Acme = AcmeBehavior.RefuseChallenge;
        await bench.ReplayAsync(acme[2]);
        Assert.Equal(0, bench.Control.CertificateOrders("f5.tailtest.ts.net"));
    }

    /// <summary>Recorded with 1.96.5; not replayed from a file, because every certificate is another.</summary>
    [Fact]
    public async Task A_certificate_is_printed_before_its_key_and_nothing_else_with_them()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        await bench.NodeAsync("app");
        const string Name = "app.tailtest.ts.net";

        CommandResult certificate = await bench.CliAsync("app", "cert", "--cert-file=-", Name);
        CommandResult key = await bench.CliAsync("app", "cert", "--key-file=-", Name);
        CommandResult both = await bench.CliAsync("app", "cert", "--cert-file=-", "--key-file=-", "--min-validity=720h", Name);

        Assert.StartsWith("-----BEGIN CERTIFICATE-----\n", certificate.Output, StringComparison.Ordinal);
        Assert.StartsWith("-----BEGIN EC PRIVATE KEY-----\n", key.Output, StringComparison.Ordinal);
        Assert.Equal((0, certificate.Output + key.Output, ""), (both.ExitCode, both.Output, both.Error));
        Assert.Equal(1, bench.Control.CertificateOrders(Name));
    }

    [Fact]
    public async Task Whois_prints_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        await bench.NodeAsync("laptop");
        await bench.NodeAsync("grafana");
        await bench.ReplayAsync("whois-cli.txt");
    }

    [Fact]
    public async Task Logout_and_down_end_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        await bench.NodeAsync("lo1");
        await bench.NodeAsync("lo2");
        await bench.ReplayAsync("logout-down.txt");

        // After a logout a new login makes a new node, and the name of the old one is still taken.
        Assert.NotNull(bench.Control.FindNode("lo1-1"));
    }

    private static async Task CompleteAsync(StandInBench bench, Task running)
    {
        await Eventually.TrueAsync(() => running.IsCompleted || bench.Control.PendingLogins.Count > 0, "a login is pending");
        Assert.NotEmpty(bench.Control.PendingLogins);
        bench.Control.CompleteLogin(bench.Control.PendingLogins[0].Url);
    }
}
