using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Services.Model;
using Dovetail.Tailscale;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Nodes.Fakes;

/// <summary>All that a node named <c>web</c> deals with, as fakes on one clock and in one journal.</summary>
internal sealed class NodeBench : IDisposable
{
    public static readonly ServiceSpec Web = new()
    {
        Name = "web",
        Tls = TlsMode.Off,
        Upstreams =
        [
            new Upstream
            {
                ContainerId = "c1",
                ContainerName = "web-1",
                Scheme = UpstreamScheme.Http,
                Host = "172.17.0.2",
                Port = 80,
                Route = "",
            },
        ],
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("dovetail-test-").FullName;
    private readonly FakeLogCollector _log = FakeLogCollector.Create(new FakeLogCollectorOptions());
    private readonly ILoggerFactory _loggers;

    public NodeBench(NodeTimingOptions? timings = null)
    {
        Api = new FakeLocalApi(Journal);
        Command = new FakeCommand(Journal);
        Tailscaled = new FakeLauncher(Clock, Journal);
        Listeners = new FakeListeners(Journal);
        _loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(new FakeLoggerProvider(_log)));
        var options = new NodeOptions
        {
            StateRoot = Path.Combine(_directory, "state"),
            RuntimeDirectory = Path.Combine(_directory, "run"),
            Tailscaled = "tailscaled",
            Memory = 128 << 20,
            Timings = timings ?? new NodeTimingOptions(),
        };
        Paths = NodePaths.For(options.StateRoot, options.RuntimeDirectory, "web");
        Directory.CreateDirectory(Paths.State);
        Facts = new NodeFactsStore(new NodeFacts { Service = Web, Identity = new NodeIdentity("web", [], null) }, Clock);
        Dependencies = new NodeDependencies
        {
            Options = options,
            Keys = new AuthKeySource(null, KeyPath),
            Tailscaled = Tailscaled,
            LocalApi = _ => Api,
            Command = Command,
            Listeners = Listeners,
            CertificateOrders = CertificateRunner.NewOrderLimit(),
            Control = Control,
            Time = Clock,
            Random = new EvenRandom(),
            Loggers = _loggers,
        };
    }

    public TestClock Clock { get; } = new();

    public Journal Journal { get; } = new();

    public FakeLocalApi Api { get; }

    public FakeCommand Command { get; }

    public FakeLauncher Tailscaled { get; }

    public FakeListeners Listeners { get; }

    public FakeControl Control { get; } = new();

    public NodeDependencies Dependencies { get; }

    public NodePaths Paths { get; }

    /// <summary>For what is tested without a whole node.</summary>
    public NodeFactsStore Facts { get; }

    public LogBuffer DaemonLog { get; } = new(100);

    private string KeyPath => Path.Combine(_directory, "key");

    /// <summary>Every line that was logged at Information or above.</summary>
    public IReadOnlyList<string> LogLines =>
        [.. _log.GetSnapshot().Where(line => line.Level >= LogLevel.Information).Select(line => line.Message)];

    /// <summary>Puts an auth key where the node finds it, whole at once.</summary>
    public void GiveKey(string key)
    {
        File.WriteAllText($"{KeyPath}.new", key);
        File.Move($"{KeyPath}.new", KeyPath, overwrite: true);
    }

    public DaemonSession Session(CancellationToken stopping) => new(
        Tailscaled.Start(Paths, 0, DaemonLog.Add),
        new NodeObserver(Dependencies, Api, Facts),
        Facts,
        DaemonLog,
        Clock,
        _loggers.CreateLogger<DaemonSession>(),
        stopping);

    public ILogger<T> Logger<T>() => _loggers.CreateLogger<T>();

    public void Dispose()
    {
        _loggers.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    // Waits are then as long as they are said to be.
    private sealed class EvenRandom : Random
    {
        public override double NextDouble() => 0.5;
    }
}

/// <summary>A control server that answers, or does not.</summary>
internal sealed class FakeControl : IControlProbe
{
    private int _asked;

    public bool Answers { get; set; } = true;

    /// <summary>How often it was asked.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public Task<bool> AnswersAsync(string controlUrl, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        return Task.FromResult(Answers);
    }
}
