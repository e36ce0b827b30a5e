using System.Diagnostics;
using System.Runtime.Versioning;

namespace FakeTailscale.Tests;

/// <summary>The daemon as a process: signals, sockets, state, pipes as recorded with 1.96.5.</summary>
[SupportedOSPlatform("linux")]
public sealed class DaemonRecordingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(Signals.Terminate, 0, false)]
    [InlineData(Signals.Interrupt, 0, false)]
    [InlineData(Signals.Hangup, -1, true)]
    [InlineData(Signals.Kill, -9, true)]
    public async Task Signals_end_the_daemon_as_recorded(int signal, int exitCode, bool socketStays)
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("grafana");
        Assert.Equal(exitCode, await node.EndAsync(signal));
        Assert.Equal(socketStays, File.Exists(node.Socket));
        if (exitCode == 0)
        {
            Assert.EndsWith("logger closing down", node.Error.TrimEnd(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(Signals.User1)]
    [InlineData(Signals.Pipe)]
    public async Task Other_signals_are_ignored(int signal)
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.DaemonAsync("grafana");
        Signals.Send(node.Process.Id, signal);
        Assert.Equal("NeedsLogin", await node.StateAsync());
        Assert.False(node.Process.HasExited);
    }

    [Fact]
    public async Task State_survives_SIGTERM_and_SIGKILL_and_is_kept_private()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("grafana");
        Assert.Equal(
            0, (await bench.CliAsync("grafana", "serve", "--bg", "--tcp=443", "--proxy-protocol=2", "tcp://127.0.0.5:8443")).ExitCode);
        string before = (await node.StatusAsync()).GetProperty("Self").GetProperty("PublicKey").GetString()!;
        foreach (int signal in (int[])[Signals.Terminate, Signals.Kill])
        {
            await node.EndAsync(signal);
            node = await bench.DaemonAsync("grafana");
            await node.WaitForStateAsync("Running");
            Assert.Equal(before, (await node.StatusAsync()).GetProperty("Self").GetProperty("PublicKey").GetString());
            Assert.Equal(
                """{"TCP":{"443":{"TCPForward":"127.0.0.5:8443","ProxyProtocol":2}}}""", (await node.GetAsync("serve-config")).Body);
        }

        Assert.Equal(1, bench.Control.TotalRegistrations);
        Assert.Equal("0700", Mode(bench.StatePath("grafana")));
        Assert.Equal("0600", Mode(Path.Combine(bench.StatePath("grafana"), "tailscaled.state")));
        Assert.Equal("0666", Mode(node.Socket));
        Assert.True(File.Exists(Path.Combine(bench.StatePath("grafana"), "derpmap.cached.json")));
        Assert.True(File.Exists(Path.Combine(bench.Root, "logs", "tailscaled.log.conf")));
    }

    [Fact]
    public async Task Missing_directories_are_made_and_whatever_lies_at_the_socket_path_is_replaced()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        File.WriteAllText(bench.SocketPath("plain"), "a regular file");
        StandInDaemon replaced = await bench.DaemonAsync("plain");
        Assert.Equal("NeedsLogin", await replaced.StateAsync());

        string socket = Path.Combine(bench.Run, "new", "deep.sock");
        ProcessStartInfo start = bench.DaemonStart("deep", $"--socket={socket}", $"--statedir={bench.StatePath("a/b")}");
        await using StandInDaemon deep = await StandInDaemon.StartAsync(start, socket);
        Assert.Equal("NeedsLogin", await deep.StateAsync());
        Assert.Equal("0755", Mode(Path.GetDirectoryName(socket)!));
        Assert.Equal("0700", Mode(bench.StatePath("a")));
        Assert.Equal("{}", File.ReadAllText(Path.Combine(bench.StatePath("a/b"), "tailscaled.state")));
    }

    [Theory]
    [InlineData("garbage", "failed to unmarshal \"PATH\": invalid character 'g' looking for beginning of value")]
    [InlineData("", "failed to unmarshal \"PATH\": unexpected end of JSON input")]
    [InlineData("{\"_machinekey\": \"cHJpd", "failed to unmarshal \"PATH\": unexpected end of JSON input")]
    public async Task A_broken_state_file_leaves_the_daemon_alive_without_state(string content, string reason)
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        Directory.CreateDirectory(bench.StatePath("broken"));
        string path = Path.Combine(bench.StatePath("broken"), "tailscaled.state");
        File.WriteAllText(path, content);
        StandInDaemon node = await bench.DaemonAsync("broken");
        Assert.Equal("NoState", await node.StateAsync());
        Assert.Contains(
            "State store failed to initialize, Tailscale will not work until this is resolved. See "
                + "https://tailscale.com/s/state-store-init-error. Error: failed to migrate existing TPM-sealed state file to plaintext "
                    + "format: " + reason.Replace("PATH", path, StringComparison.Ordinal),
            await node.HealthAsync());
        CommandResult up = await bench.UpAsync("broken");
        Assert.Equal((1, "500 Internal Server Error: cannot start backend when state store is unhealthy\n"), (up.ExitCode, up.Error));
        Assert.Equal(content, File.ReadAllText(path));
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_state_directory_leaves_the_daemon_alive_without_state()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        File.WriteAllText(bench.StatePath("afile"), "");
        StandInDaemon node = await bench.DaemonAsync("afile");
        Assert.Equal("NoState", await node.StateAsync());
        Assert.Contains(
            await node.HealthAsync(), static text => text.EndsWith("tailscaled.state: not a directory", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_daemon_ends_at_once_when_its_parent_pipe_ends_or_speaks(bool speaks)
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        string fifo = Path.Combine(bench.Root, "fifo");
        using (Process make = Process.Start("mkfifo", fifo))
        {
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        ProcessStartInfo daemon = bench.DaemonStart("grafana");
        ProcessStartInfo shell = new(
            "/bin/sh", ["-c", $"exec 9<'{fifo}'; TS_PARENT_DEATH_FD=9 exec \"$0\" \"$@\"", daemon.FileName, .. daemon.ArgumentList]);
        Task<FileStream> opening = Task.Run(
            () => new FileStream(fifo, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 1), TestContext.Current.CancellationToken);
        await using StandInDaemon node = await StandInDaemon.StartAsync(shell, bench.SocketPath("grafana"));
        await using FileStream pipe = await opening;
        Assert.Equal("NeedsLogin", await node.StateAsync());
        if (speaks)
        {
            pipe.WriteByte(1);
            await pipe.FlushAsync(TestContext.Current.CancellationToken);
        }
        else
        {
            pipe.Close();
        }

        using CancellationTokenSource limit = new(Limit);
        await node.Process.WaitForExitAsync(limit.Token);
        Assert.Equal(1, node.Process.ExitCode);
        Assert.True(File.Exists(node.Socket));
    }

    [Fact]
    public async Task A_parent_descriptor_that_is_not_open_ends_the_daemon_at_start()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        bench.Environment["TS_PARENT_DEATH_FD"] = "9";
        CommandResult result = await bench.RunAsync(
            "tailscaled", $"--statedir={bench.StatePath("x")}", $"--socket={bench.SocketPath("x")}");
        Assert.Equal((1, "TPM: error opening: stat /dev/tpmrm0: no such file or directory\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public async Task A_parent_that_does_not_read_stderr_stops_logins_until_it_reads()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        await using StandInDaemon node = await StandInDaemon.StartAsync(bench.DaemonStart("deaf"), bench.SocketPath("deaf"), drain: false);
        CommandResult up = await bench.UpAsync("deaf", "--timeout=2s");
        Assert.Equal(
            (1, "timeout waiting for Tailscale service to enter a Running state; check health with \"tailscale status\"\n"),
            (up.ExitCode, up.Error));
        Assert.False(node.Process.HasExited);
        Assert.Equal(200, (await node.GetAsync("status")).Status);

        node.Process.BeginErrorReadLine();
        await node.WaitForStateAsync("Running");
    }

    [Fact]
    public async Task An_older_version_can_be_claimed_and_knows_no_PROXY_protocol()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        bench.Environment["FAKE_TAILSCALE_VERSION"] = "1.90.0";
        CommandResult version = await bench.RunAsync("tailscaled", "--version");
        Assert.StartsWith("1.90.0\n", version.Output, StringComparison.Ordinal);
        StandInDaemon node = await bench.NodeAsync("old");
        await node.RequestAsync("POST", "serve-config", """{"TCP":{"443":{"TCPForward":"127.0.0.5:8443","ProxyProtocol":2}}}""");
        Assert.Equal("""{"TCP":{"443":{"TCPForward":"127.0.0.5:8443"}}}""", (await node.GetAsync("serve-config")).Body);
    }

    private static string Mode(string path) => "0" + Convert.ToString((int)File.GetUnixFileMode(path), 8);
}
