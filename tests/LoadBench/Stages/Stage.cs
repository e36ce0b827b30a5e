using System.Net;
using Dovetail.EndToEndTests.Listener;
using LoadBench.Helpers;
using LoadBench.Load;
using LoadBench.Measuring;

namespace LoadBench.Stages;

/// <summary>
/// The tailnet, the containers and the proxies that scenarios share. Every side is started once, at the first scenario that needs it, and
/// has the same applications behind it.
/// </summary>
internal sealed class Stage(Engine engine, BenchOptions options, CancellationToken cancellation) : EndToEndTest(engine)
{
    private const string LargeFile = "/large";
    private const string FarFile = "/far";
    private const string LossyFile = "/lossy";
    private const int SmallSize = 1024;

    private readonly Dictionary<Application, TestContainer> _containers = [];
    private Task<IReadOnlyList<Side>>? _sides;
    private TailnetPeer? _peer;

    /// <summary>Path of a file of 1 KB.</summary>
    public const string SmallFile = "/1k";

    /// <summary>This program, for the parts that run as processes of their own.</summary>
    public static string OwnProgram { get; } = Path.Combine(AppContext.BaseDirectory, "LoadBench");

    /// <summary>Where nginx as the proxy listens.</summary>
    public static IPEndPoint NginxAddress { get; } = new(Loopback(2), 8443);

    public BenchOptions Options => options;

    public CancellationToken Stop => cancellation;

    /// <summary>On this machine's own network.</summary>
    public Client Near { get; } = new(null, cancellation);

    public Transfer Large { get; } = new(LargeFile, options.Megabytes);

    public Transfer Far { get; } = new(FarFile, options.FarMegabytes);

    /// <summary>Small: where one packet in a hundred is lost, TCP itself carries no more than some hundred KB a second.</summary>
    public Transfer Lossy { get; } = new(LossyFile, options.Quick ? 1 : 4);

    /// <summary>Dovetail, nginx and, where asked for, another Dovetail.</summary>
    public Task<IReadOnlyList<Side>> SidesAsync() => _sides ??= StartSidesAsync();

    /// <summary>A file of so many bytes to send, out of the files of the stage.</summary>
    public string PathOf(Transfer transfer) => Directory["files" + transfer.Path];

    /// <summary>An address of this machine's loopback that nothing else of it uses.</summary>
    /// <param name="number">1 to 254.</param>
    public static IPAddress Loopback(int number) => new([127, (byte)(200 + (System.Environment.ProcessId % 50)), 0, (byte)number]);

    /// <summary>What a daemon's and a node's tailscaled need besides, so that load reaches them.</summary>
    public async Task<IReadOnlyDictionary<string, string?>> RelayEnvironmentAsync()
    {
        _peer ??= await PeerAsync();
        return TestSettings.IsReal
            ? new Dictionary<string, string?>()
            : new Dictionary<string, string?> { ["FAKE_TAILSCALE_DOOR"] = $"{Loopback(1)} {_peer.Address}" };
    }

    /// <summary>Where to connect to reach a node; waits until there is such a place.</summary>
    /// <param name="stateDirectory">Of its tailscaled.</param>
    public async Task<IPEndPoint> EntranceAsync(string node, string stateDirectory) => TestSettings.IsReal
        ? Own(new SocksEntrance(_peer!, node, Loopback(1))).Address
        : await Eventually.GetAsync(
            _ => Task.FromResult(ServedNode.DoorIn(stateDirectory)), door => door is not null, $"the door of {node}")
        ?? throw new InvalidOperationException();

    /// <summary>The same for a node that is only about to come up.</summary>
    /// <returns>Looks for it; gives null until there is one.</returns>
    public Func<IPEndPoint?> Finder(string node, string stateDirectory, Owned owned)
    {
        var entrance = TestSettings.IsReal ? owned.Add(new SocksEntrance(_peer!, node, Loopback(1))).Address : null;
        return () => entrance ?? ServedNode.DoorIn(stateDirectory);
    }

    /// <summary>Brings up a node by hand.</summary>
    public async Task<ServedNode> ServeByHandAsync(string hostName, IPEndPoint target) => await ServedNode.StartAsync(
        Tailnet, System.IO.Directory.CreateDirectory(Directory["by-hand"]).FullName, hostName, target,
        Tailnet.Environment.With(await RelayEnvironmentAsync()), cancellation);

    /// <summary>Starts a Dovetail for one scenario.</summary>
    /// <param name="name">Its own: of its state, its containers' labels and its nodes.</param>
    public async Task<OwnDaemon> StartOwnAsync(string name)
    {
        var (state, run) = (Directory[$"state-{name}"], Directory[$"run-{name}"]);
        return new OwnDaemon(await StartDaemonAsync(DovetailDaemon.Program, PrefixOf(name), state, run), state, run);
    }

    /// <summary>What one container may be; Dovetail refuses more than 32.</summary>
    public const int ServicesPerContainer = 25;

    /// <summary>Runs a container that is so many services to such a Dovetail, named after it and counted from 1.</summary>
    /// <param name="first">Number of the first.</param>
    /// <param name="options">Further options of <c>docker run</c>.</param>
    public Task<TestContainer> RunServicesAsync(string name, int first, int count, IEnumerable<string>? options = null) =>
        Engine.RunContainerAsync(
            LabelsOf(name, Enumerable.Range(first, count).Select(number => $"{name}{number}")).ToDictionary(), options: options,
            cancellation: cancellation);

    /// <summary>Makes a container without starting it.</summary>
    /// <param name="name">Of the Dovetail that sees it; null: none.</param>
    /// <param name="services">What it is to that one.</param>
    public async Task<TestContainer> CreateContainerAsync(string? name, IEnumerable<string> services)
    {
        var labels = name is null ? [] : LabelsOf(name, services);
        var created = await Engine.DockerAsync(
            [
                "create", "--stop-signal", "KILL", "--label", Engine.Mark,
                .. labels.SelectMany(label => (string[])["-l", $"{label.Key}={label.Value}"]), Engine.Mark,
            ],
            cancellation: cancellation);
        return new TestContainer(Engine, created.Stdout.Trim());
    }

    private IEnumerable<KeyValuePair<string, string>> LabelsOf(string name, IEnumerable<string> services) => services.SelectMany(
        service => (KeyValuePair<string, string>[])
        [
            new($"{PrefixOf(name)}.services.{service}.name", service), new($"{PrefixOf(name)}.services.{service}.port", "80"),
        ]);

    /// <summary>Writes the files that are served and sent; sparse, so that they take no room.</summary>
    private void WriteFiles()
    {
        System.IO.Directory.CreateDirectory(Directory["files"]);
        File.WriteAllBytes(Directory["files" + SmallFile], Enumerable.Repeat((byte)'x', SmallSize).ToArray());
        File.WriteAllText(Directory["files/index.html"], "Hello\n");
        foreach (var transfer in (Transfer[])[Large, Far, Lossy])
        {
            using var file = File.Create(PathOf(transfer));
            file.SetLength(transfer.Bytes);
        }
    }

    private async Task<IReadOnlyList<Side>> StartSidesAsync()
    {
        WriteFiles();
        Progress.Say("starting containers");
        await File.WriteAllTextAsync(Directory["application.conf"], NginxConfig.Application("/files"), cancellation);
        await StartApplicationAsync(
            Application.Files,
            [
                "-v", $"{Directory["files"]}:/files:ro", "-v", $"{Directory["application.conf"]}:/nginx.conf:ro",
                "-v", "/etc/passwd:/etc/passwd:ro", "-v", "/etc/group:/etc/group:ro", "--entrypoint", "/usr/sbin/nginx",
            ],
            ["-c", "/nginx.conf", "-g", "user root; daemon off;"]);
        await StartApplicationAsync(Application.Sink, ["--entrypoint", "/backend/LoadBench"], [SinkProgram.Name]);
        await StartApplicationAsync(Application.Sockets, [], []);

        Progress.Say("starting proxies");
        List<Side> sides = [await StartDovetailAsync(Side.Dovetail, DovetailDaemon.Program), await StartNginxAsync()];
        if (options.Against is { } other)
        {
            sides.Add(await StartDovetailAsync(Side.Other, other));
        }

        return sides;
    }

    private async Task StartApplicationAsync(Application application, string[] more, string[] command)
    {
        var labels = LabelsOf(Side.Dovetail, application).Concat(LabelsOf(Side.Other, application));
        _containers[application] = Own(await Engine.RunContainerAsync(
            labels.ToDictionary(), options: [.. Applications.Options("KILL"), .. more], command: command, cancellation: cancellation));
    }

    private IEnumerable<KeyValuePair<string, string>> LabelsOf(string side, Application application) =>
    [
        new($"{PrefixOf(side)}.name", DovetailSide.NodeOf(side, application)), new($"{PrefixOf(side)}.port", "80"),
    ];

    private string PrefixOf(string side) => side == Side.Dovetail ? Prefix : $"{Prefix}-{side}";

    private async Task<DovetailSide> StartDovetailAsync(string side, string program)
    {
        var state = Directory[$"state-{side}"];
        var daemon = Own(await StartDaemonAsync(program, PrefixOf(side), state, Directory[$"run-{side}"]));
        var relays = new List<int>();
        var entrances = new Dictionary<Application, IPEndPoint>();
        foreach (var application in Enum.GetValues<Application>())
        {
            var node = DovetailSide.NodeOf(side, application);
            var service = await daemon.ReadyAsync(node);
            relays.Add(service.Tailscaled!.Pid!.Value);
            entrances[application] = await EntranceAsync(node, Path.Combine(state, node));
        }

        return new DovetailSide(side, daemon, relays, entrances);
    }

    private async Task<DovetailDaemon> StartDaemonAsync(string program, string prefix, string state, string run) =>
        DovetailDaemon.StartOther(program, Environment((await RelayEnvironmentAsync()).With(new Dictionary<string, string?>
        {
            ["TS_STATE_DIR"] = state,
            ["DOVETAIL_RUNTIME_DIR"] = run,
            ["DOVETAIL_LABEL_PREFIX"] = prefix,
        })));

    private async Task<NginxSide> StartNginxAsync()
    {
        const string name = "nginx-proxy";
        var node = await ServeByHandAsync(name, NginxAddress);
        var directory = System.IO.Directory.CreateDirectory(Directory["nginx"]).FullName;
        var configuration = NginxConfig.Proxy(
            directory, NginxAddress, node, await AddressOfAsync(Application.Files), await AddressOfAsync(Application.Sink),
            await AddressOfAsync(Application.Sockets));
        var nginx = await NginxSide.StartNginxAsync(directory, configuration);
        return Own(new NginxSide(nginx, node, await EntranceAsync(name, node.StateDirectory)));
    }

    private async Task<IPEndPoint> AddressOfAsync(Application application) =>
        new(IPAddress.Parse(await _containers[application].AddressAsync(cancellation)), 80);
}

/// <summary>A file to fetch or to send.</summary>
/// <param name="Path">Of the URL.</param>
/// <param name="Megabytes">In MiB.</param>
internal sealed record Transfer(string Path, int Megabytes)
{
    public long Bytes => (long)Megabytes << 20;
}
