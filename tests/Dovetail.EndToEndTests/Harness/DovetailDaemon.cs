using System.Text.Json;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>Dovetail as a user runs it: the built program as a process of its own, told everything through its environment.</summary>
internal sealed class DovetailDaemon : IAsyncDisposable
{
    private readonly IReadOnlyDictionary<string, string?> _environment;
    private readonly BackgroundProcess _process;

    private DovetailDaemon(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment)
    {
        _environment = environment;
        _process = new BackgroundProcess(program, arguments, environment);
    }

    /// <summary>The program as it is shipped, where one is named; else the built one, which lies beside the tests.</summary>
    public static string Program { get; } = TestSettings.Daemon ?? Path.Combine(AppContext.BaseDirectory, "dovetail");

    public int ProcessId => _process.Id;

    public string Log => _process.Log;

    /// <summary>Starts it without waiting for anything.</summary>
    public static DovetailDaemon Start(IReadOnlyDictionary<string, string?> environment, params string[] arguments) =>
        new(Program, arguments, environment);

    /// <summary>Starts another build of it.</summary>
    public static DovetailDaemon StartOther(string program, IReadOnlyDictionary<string, string?> environment) =>
        new(program, ["run"], environment);

    /// <summary>Starts it in the foreground of a terminal of its own.</summary>
    public static DovetailDaemon StartInTerminal(IReadOnlyDictionary<string, string?> environment)
    {
        const string terminal = "/usr/bin/script";
        Assert.SkipUnless(File.Exists(terminal), $"{terminal} (util-linux), which makes terminals, is not installed.");
        return new(terminal, ["--quiet", "--flush", "--return", "--command", $"exec '{Program}' run", "/dev/null"], environment);
    }

    /// <summary>Starts it as root without root's power over other users' files, as a container with <c>cap_drop: [ALL]</c> has it.</summary>
    public static DovetailDaemon StartWithoutCapabilities(IReadOnlyDictionary<string, string?> environment) =>
        new("/usr/bin/setpriv", ["--bounding-set=-all", "--inh-caps=-all", Program, "run"], environment);

    /// <summary>Types into its terminal.</summary>
    public Task TypeAsync(string keys) => _process.TypeAsync(keys);

    public void Terminate() => _process.Terminate();

    public void Kill() => _process.Kill();

    public Task<int> ExitAsync(TimeSpan deadline, CancellationToken cancellation) => _process.ExitAsync(deadline, cancellation);

    /// <summary>Runs another command of the program beside the daemon.</summary>
    public Task<CommandResult> CommandAsync(string[] arguments, CancellationToken cancellation) =>
        Dovetail.EndToEndTests.Harness.Command.RunAsync(Program, arguments, _environment, cancellation: cancellation);

    /// <summary>What <c>dovetail status --json</c> says.</summary>
    public async Task<DaemonStatus> StatusAsync(CancellationToken cancellation)
    {
        string[] command = ["status", "--json"];
        var said = await CommandAsync(command, cancellation);
        if (said.ExitCode != 0)
        {
            // It waits four seconds for an answer, and a busy machine may be longer than that about anything.
            said = await CommandAsync(command, cancellation);
        }

        return DaemonStatus.Parse(said.MustSucceed().Stdout);
    }

    /// <summary>Waits until a service is as expected; on failure the message holds the status and the daemon's log.</summary>
    public async Task<ServiceStatus> ServiceAsync(
        string name, Func<ServiceStatus, bool> expected, string what, TimeSpan? deadline = null)
    {
        var status = await StatusAsync(
            status => status.Find(name) is { } service && expected(service), $"service {name}: {what}", deadline);
        return status.Find(name)!;
    }

    /// <summary>Waits until a service answers requests.</summary>
    public Task<ServiceStatus> ReadyAsync(string name) =>
        ServiceAsync(name, service => service is { State: "Ready", Upstreams.Count: > 0 }, "Ready with an upstream");

    /// <summary>Waits until the whole status is as expected.</summary>
    public async Task<DaemonStatus> StatusAsync(Func<DaemonStatus, bool> expected, string what, TimeSpan? deadline = null)
    {
        try
        {
            var status = await Eventually.GetAsync(
                async token => _process.HasExited ? null : await StatusAsync(token),
                status => status is null || expected(status),
                what,
                deadline: deadline);
            return status ?? throw new InvalidOperationException($"Dovetail ended while the test waited for {what}.");
        }
        catch (Exception exception) when (exception is TimeoutException or InvalidOperationException or JsonException)
        {
            throw new InvalidOperationException(
                $"{exception.Message}{Environment.NewLine}Dovetail's log:{Environment.NewLine}{Log}", exception);
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
