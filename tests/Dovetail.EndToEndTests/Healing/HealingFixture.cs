using System.Diagnostics;
using System.Net;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>
/// One Dovetail for all fault tests of a class, with two services that no fault is meant for: a peer asks them all the time, and every
/// answer must come. Its timers are short by configuration.
/// </summary>
public abstract class HealingFixture(Engine engine) : SharedStage(engine)
{
    /// <summary>5 s is what a user is promised; the rest is for a slow machine, on which the status command alone takes seconds.</summary>
    public static readonly TimeSpan NamedWithin = TimeSpan.FromSeconds(20);

    /// <summary>15 s is what a user is promised.</summary>
    public static readonly TimeSpan HealedWithin = TimeSpan.FromSeconds(40);

    private static readonly string[] Witnesses = ["calm", "quiet"];
    private SteadyLoad _load = null!;
    private int _watched;

    internal DovetailDaemon Daemon { get; private set; } = null!;

    internal TailnetPeer Peer { get; private set; } = null!;

    internal string PlayedRelease => Release;

    internal string States => StateDirectory;

    private string KeyPath => Directory["authkey"];

    public override async ValueTask DisposeAsync()
    {
        if (_load is not null)
        {
            await _load.DisposeAsync();
        }

        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Replaces what TS_AUTHKEY_FILE holds, as a secret store does: at once.</summary>
    internal void SetKey(string key)
    {
        File.WriteAllText(KeyPath + ".new", key);
        File.Move(KeyPath + ".new", KeyPath, overwrite: true);
    }

    /// <summary>Takes every fault away, for the next test.</summary>
    internal async Task MendAsync()
    {
        Control.ComeBack();
        await Control.SetAcmeAsync(Acme.Ok, lifetime: TimeSpan.FromDays(90));
        foreach (var knob in (string[])["rig/control?mode=ok", "rig/https?on=1", "rig/machineauth?on=0", "rig/tags"])
        {
            await Control.TryApplyAsync(knob);
        }

        SetKey(Tailnet.AuthKey);
    }

    /// <summary>Waits until the status names a condition, and prints how long it took.</summary>
    internal async Task<ServiceStatus> NamedAsync(
        string service, string condition, Func<ServiceStatus, bool>? also = null, TimeSpan? within = null)
    {
        var started = Stopwatch.GetTimestamp();
        var status = await Daemon.ServiceAsync(
            service, seen => seen.Has(condition) && (also is null || also(seen)), $"condition {condition}",
            within ?? NamedWithin);
        Report($"{Release} {service}: {condition} named after {Since(started).TotalSeconds:0.0} s");
        return status;
    }

    /// <summary>
    /// Waits until the log says that the control server knows the machine no more. It is over at the next login, after a second or two: the
    /// status may be too late for it.
    /// </summary>
    internal Task SaidToBeRemovedAsync(string service) => Eventually.TrueAsync(
        () => Daemon.Log.Split('\n').Any(line => line.Contains($" {service}: ", StringComparison.Ordinal)
            && line.Contains("no longer serves this machine", StringComparison.Ordinal)),
        $"the log to say that the machine of {service} was removed");

    /// <summary>Waits until the service is Ready without that condition and answers the peer, and prints how long it took.</summary>
    internal async Task<ServiceStatus> HealedAsync(string service, string condition, Func<ServiceStatus, bool>? also = null)
    {
        var started = Stopwatch.GetTimestamp();
        var status = await Daemon.ServiceAsync(
            service,
            seen => seen is { State: "Ready", Upstreams.Count: > 0 } && !seen.Has(condition) && (also is null || also(seen)),
            $"Ready without {condition}", HealedWithin);
        await AnswersAsync(service);
        Report($"{Release} {service}: healed of {condition} after {Since(started).TotalSeconds:0.0} s");
        return status;
    }

    /// <summary>Runs a container and waits until its service answers.</summary>
    internal async Task<TestContainer> ReadyServiceAsync(string service)
    {
        var container = await RunServiceAsync(service);
        await Daemon.ReadyAsync(service);
        await AnswersAsync(service);
        return container;
    }

    /// <summary>Waits until the peer gets the service's page over a new connection.</summary>
    internal Task AnswersAsync(string service, string scheme = "https", HttpStatusCode status = HttpStatusCode.OK) => Eventually.GetAsync(
        async cancellation =>
        {
            using var client = Peer.Http();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(TimeSpan.FromSeconds(15));
            var name = (await Control.FindAsync(service))?.DnsName ?? Peer.NameOf(service);
            using var response = await client.GetAsync($"{scheme}://{name}/", limit.Token);
            return response.StatusCode;
        },
        seen => seen == status,
        $"{service} to answer {status}",
        deadline: HealedWithin);

    /// <summary>The machine behind a service, as the control server knows it.</summary>
    internal async Task<Machine> MachineAsync(string service) =>
        await Control.FindAsync(service) ?? throw new InvalidOperationException($"There is no machine {service}.");

    /// <summary>
    /// Fails unless the witnesses have answered every request since the last time, and Dovetail and their tailscaleds are the same.
    /// </summary>
    internal async Task AssertOthersUntouchedAsync()
    {
        await Eventually.TrueAsync(
            () => Witnesses.All(witness => _load.Results.Skip(_watched).Any(result => result.Service == witness)), "word of both");
        var results = _load.Results;
        var seen = results.Skip(_watched).ToList();
        _watched = results.Count;
        Report($"the two other services: {seen.Count} requests, {seen.Count(result => result.Failure is not null)} failed");
        Assert.All(Witnesses, witness => Assert.Contains(seen, result => result.Service == witness));
        Assert.DoesNotContain(seen, result => result.Failure is not null);

        var status = await Daemon.StatusAsync(Cancellation);
        Assert.All(Witnesses, witness => Assert.Equal(0, status.Find(witness)!.Tailscaled!.Restarts));
        foreach (var witness in Witnesses)
        {
            Assert.Equal(1, await Tailnet.RegistrationsOfAsync(witness));
        }
    }

    protected override async Task SetUpAsync()
    {
        SetKey(Tailnet.AuthKey);
        Daemon = StartDaemon(new Dictionary<string, string?>
        {
            ["TS_AUTHKEY"] = null,
            ["TS_AUTHKEY_FILE"] = KeyPath,
            ["DOVETAIL_POLL"] = "1s",
            ["DOVETAIL_GRACE"] = "30s",
            // As patient with a control server that is away as the real one.
            ["FAKE_TAILSCALE_MAP_POLL_RETRY_MS"] = "30000",
        });
        Peer = await PeerAsync();
        foreach (var witness in Witnesses)
        {
            await RunServiceAsync(witness);
        }

        foreach (var witness in Witnesses)
        {
            await Daemon.ReadyAsync(witness);
            await AnswersAsync(witness);
        }

        _load = new SteadyLoad(Peer, Witnesses);
    }
}

/// <summary>On the oldest release of Tailscale that is supported; the real binaries have to be as old.</summary>
public sealed class OldestHealing(Engine engine) : HealingFixture(engine)
{
    protected override string Release => Releases.Oldest;
}

/// <summary>On the newest release of Tailscale that is known.</summary>
public sealed class NewestHealing(Engine engine) : HealingFixture(engine)
{
    protected override string Release => Releases.Newest;
}
