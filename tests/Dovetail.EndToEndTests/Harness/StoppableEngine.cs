using System.Globalization;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// An Engine that a test may stop and start: one of its own, on a bridge of its own, whose containers go on without it
/// (<c>--live-restore</c>). It sets no packet filter rules: the test reaches its containers from the host.
/// </summary>
public sealed class StoppableEngine : Engine
{
    private readonly TestDirectory _directory = new();
    private readonly string _bridge = $"dvs{System.Environment.ProcessId}";
    private string? _subnet;
    private string? _missing;
    private BackgroundProcess? _dockerd;

    internal override string Host
    {
        get
        {
            Assert.SkipWhen(_missing is not null, $"no Engine of the test's own: {_missing}");
            return $"unix://{_directory["docker.sock"]}";
        }
    }

    /// <summary>What the Engine said.</summary>
    internal string Log => _dockerd?.Log ?? "";

    public override async ValueTask InitializeAsync()
    {
        _missing = await PrepareAsync();
        if (_missing is null)
        {
            await StartAsync();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_missing is null)
        {
            await base.DisposeAsync();
            await StopAsync();
        }

        if (_subnet is not null)
        {
            await Command.RunAsync("ip", ["link", "delete", _bridge]);
        }

        // What it leaves mounted would keep the directory from going.
        foreach (var mounted in (await File.ReadAllLinesAsync("/proc/self/mountinfo")).Select(line => line.Split(' ')[4])
            .Where(path => path.StartsWith(_directory.Path + "/", StringComparison.Ordinal)).OrderDescending(StringComparer.Ordinal))
        {
            await Command.RunAsync("umount", ["--lazy", mounted]);
        }

        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts it and waits until it answers.</summary>
    internal async Task StartAsync()
    {
        _dockerd = new BackgroundProcess(
            "dockerd",
            [
                "--host", $"unix://{_directory["docker.sock"]}", "--data-root", _directory["data"], "--exec-root", _directory["exec"],
                "--pidfile", _directory["pid"], "--bridge", _bridge, "--live-restore", "--iptables=false", "--ip6tables=false",
            ],
            new Dictionary<string, string?>());
        try
        {
            await Eventually.GetAsync(
                async token => _dockerd.HasExited ? "it ended" : (await Command.RunAsync(
                    "docker", ["--host", $"unix://{_directory["docker.sock"]}", "version", "--format", "{{.Server.Version}}"],
                    cancellation: token)).MustSucceed().Stdout,
                _ => true,
                "dockerd to answer",
                deadline: TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            throw new InvalidOperationException($"dockerd did not start:\n{_dockerd.Log}");
        }
    }

    /// <summary>Ends it as a service manager does. Its containers go on.</summary>
    internal async Task StopAsync()
    {
        if (_dockerd is { } dockerd)
        {
            _dockerd = null;
            dockerd.Terminate();
            await dockerd.ExitAsync(TimeSpan.FromSeconds(30));
            await dockerd.DisposeAsync();
        }
    }

    /// <returns>Why there can be no such Engine here; null: there can.</returns>
    private async Task<string?> PrepareAsync()
    {
        if (!System.Environment.IsPrivilegedProcess)
        {
            return "only root can start one";
        }

        var paths = (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        string[] needed = ["dockerd", "ip"];
        if (needed.FirstOrDefault(program => !paths.Any(path => File.Exists(Path.Combine(path, program)))) is { } missing)
        {
            return $"{missing} is not installed";
        }

        var routes = (await Command.RunAsync("ip", ["-4", "route", "show"])).Stdout;
        _subnet = Enumerable.Range(96, 8).Select(third => string.Create(CultureInfo.InvariantCulture, $"10.213.{third}"))
            .FirstOrDefault(subnet => !routes.Contains(subnet + ".", StringComparison.Ordinal));
        if (_subnet is null)
        {
            return "10.213.96.0/24 to 10.213.103.0/24 are all in use";
        }

        foreach (var step in (string[][])[
            ["link", "add", _bridge, "type", "bridge"],
            ["address", "add", $"{_subnet}.1/24", "dev", _bridge],
            ["link", "set", _bridge, "up"]])
        {
            var made = await Command.RunAsync("ip", step);
            if (made.ExitCode != 0)
            {
                return $"no bridge can be made: {made.Stderr.Trim()}";
            }
        }

        return null;
    }
}
