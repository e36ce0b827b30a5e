using System.Diagnostics;
using System.Net;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// What every end-to-end test starts from: a tailnet of its own, a label prefix of its own (so that tests that share the Engine do not
/// see each other's containers), and daemons, containers and peers that go with the test.
/// </summary>
public abstract class EndToEndTest(Engine engine) : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly string _mark = Guid.NewGuid().ToString("N")[..6];

    internal TestDirectory Directory { get; } = new();

    internal Engine Engine => engine;

    internal Tailnet Tailnet { get; private set; } = null!;

    internal ControlServer Control => Tailnet.Control;

    /// <summary><c>DOVETAIL_LABEL_PREFIX</c> of this test.</summary>
    protected string Prefix => "dt" + _mark;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Where the daemon keeps its nodes; stays when a daemon of this test is started again.</summary>
    protected string StateDirectory => Directory["state"];

    protected string RuntimeDirectory => Directory["run"];

    /// <summary>Where the control server of this test listens.</summary>
    protected virtual Task<IPAddress> ControlAddressAsync() => Task.FromResult(IPAddress.Loopback);

    /// <summary>As which release of Tailscale the stand-in behaves.</summary>
    protected virtual string Release => TestSettings.Release;

    public virtual async ValueTask InitializeAsync() =>
        Tailnet = await Tailnet.StartAsync(Directory, await ControlAddressAsync(), Release);

    public virtual async ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            foreach (var process in _owned.Where(owned => owned is DovetailDaemon or TailnetPeer))
            {
                TestContext.Current.TestOutputHelper?.WriteLine(
                    process is DovetailDaemon daemon ? $"Dovetail's log:\n{daemon.Log}" : process.ToString()!);
            }
        }

        // Daemons first: they would only report what goes away under them. Networks last: they cannot go while a container is on them.
        foreach (var owned in _owned.OrderBy(owned => owned switch { DovetailDaemon => 0, TestNetwork => 2, _ => 1 }))
        {
            await owned.DisposeAsync();
        }

        if (Tailnet is not null)
        {
            await Tailnet.DisposeAsync();
        }

        Directory.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// The environment of a daemon as a user would set it, with what this test changes in it; null takes a variable away.
    /// </summary>
    internal Dictionary<string, string?> Environment(IReadOnlyDictionary<string, string?>? changes = null) =>
        Inherited().With(new Dictionary<string, string?>
        {
            ["TS_AUTHKEY"] = Tailnet.AuthKey,
            ["TS_CONTROL_URL"] = Tailnet.ControlUrl,
            ["TS_STATE_DIR"] = StateDirectory,
            ["DOCKER_HOST"] = Engine.Host,
            ["DOVETAIL_TAILSCALED"] = Tailnet.Tailscaled,
            ["DOVETAIL_TAILSCALE"] = Tailnet.Tailscale,
            ["DOVETAIL_RUNTIME_DIR"] = RuntimeDirectory,
            ["DOVETAIL_LABEL_PREFIX"] = Prefix,
        }).With(Tailnet.Environment).With(changes);

    /// <summary>Starts Dovetail; waits for nothing.</summary>
    internal DovetailDaemon StartDaemon(IReadOnlyDictionary<string, string?>? changes = null) =>
        Own(DovetailDaemon.Start(Environment(changes), "run"));

    /// <summary>Runs a container that Dovetail shall expose as <paramref name="service"/> on port 80.</summary>
    internal Task<TestContainer> RunServiceAsync(string service, string greeting = "Hello") =>
        RunContainerAsync(new Dictionary<string, string> { ["name"] = service, ["port"] = "80" }, greeting);

    /// <summary>Runs a container with labels of this test's prefix.</summary>
    /// <param name="labels">Label names without the prefix and its dot.</param>
    internal async Task<TestContainer> RunContainerAsync(
        IReadOnlyDictionary<string, string> labels, string greeting = "Hello", IEnumerable<string>? options = null,
        IEnumerable<string>? command = null) =>
        Own(
            await Engine.RunContainerAsync(
                labels.ToDictionary(label => $"{Prefix}.{label.Key}", label => label.Value), greeting, options, command, Cancellation));

    /// <summary>Brings up a device of a user on the tailnet.</summary>
    internal async Task<TailnetPeer> PeerAsync(string login = "alice@example.com") =>
        await PeerWithKeyAsync(await Tailnet.AuthKeyOfAsync(login));

    /// <summary>Brings up a device that belongs to nobody.</summary>
    internal async Task<TailnetPeer> TaggedPeerAsync(params string[] tags) =>
        await PeerWithKeyAsync(await Control.AddKeyAsync($"reusable=1&tags={string.Join(',', tags)}"));

    /// <summary>The tailscaleds that serve nodes of this test's state directory.</summary>
    internal IReadOnlyDictionary<int, string> Tailscaleds() => ProcessTable.Mentioning(StateDirectory + "/");

    private async Task<TailnetPeer> PeerWithKeyAsync(string key) =>
        Own(await TailnetPeer.StartAsync(Tailnet, Directory, $"peer-{_mark}-{_owned.Count}", key, Cancellation));

    internal T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    /// <summary>Writes a measured figure to the console, where <c>tests/run</c> shows it also when the test passes.</summary>
    internal static void Report(string figure) => Console.WriteLine($"   {figure}");

    /// <summary>Takes away what the one who runs the tests has set for a Dovetail or Docker of their own.</summary>
    private static Dictionary<string, string?> Inherited() =>
        System.Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(name => name.StartsWith("TS_", StringComparison.Ordinal) || name.StartsWith("DOCKER_", StringComparison.Ordinal)
                || name.StartsWith("OTEL_", StringComparison.Ordinal)
                || (name.StartsWith("DOVETAIL_", StringComparison.Ordinal) && !name.StartsWith("DOVETAIL_TEST_", StringComparison.Ordinal)))
            .ToDictionary(name => name, string? (_) => null);

    internal static TimeSpan Since(long started) => Stopwatch.GetElapsedTime(started);
}
