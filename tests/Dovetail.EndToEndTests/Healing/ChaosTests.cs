using System.Diagnostics;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>Blows fall on services at random, under load: only those that are hit notice, and in the end all is as it was.</summary>
[Collection(MeasuredTests.Name)]
public sealed class ChaosTests(Engine engine) : EndToEndTest(engine)
{
    private const int MeaningfulCount = 30;
    private const int SpareThreads = 20;
    private const int SpareDescriptors = 20;
    private static readonly TimeSpan Duration = TestSettings.Full ? TimeSpan.FromMinutes(2) : TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    // A tailscaled that is killed again and again waits up to a minute for its next start.
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(100);
    private static readonly string[] Names = ["one", "two", "three", "four", "five"];

    private readonly List<Hit> _hits = [];

    // Recorded with 1.96.5: after SIGKILL the next tailscaled is the same machine, without a login.
    [Fact(Timeout = 420_000)]
    public async Task Killed_tailscaleds_and_restarted_containers_touch_no_other_service_and_leave_nothing_behind()
    {
        var seed = System.Environment.TickCount;
        var random = new Random(seed);
        var daemon = StartDaemon(new Dictionary<string, string?> { ["DOVETAIL_POLL"] = "1s" });
        var peer = await PeerAsync();
        var containers = new Dictionary<string, TestContainer>();
        foreach (var name in Names)
        {
            containers[name] = await RunServiceAsync(name, greeting: $"I am {name}");
        }

        foreach (var name in Names)
        {
            await daemon.ReadyAsync(name);
            await peer.Http().GetStringAsync($"https://{peer.NameOf(name)}/", Cancellation);
        }

        var machines = await MachinesAsync();
        await using var load = new SteadyLoad(peer, Names, page: name => $"I am {name} ");
        await Eventually.TrueAsync(() => load.Results.Count > 50, "the load to begin");
        var before = Footprint.Of(daemon.ProcessId);

        // Blows.
        var restarting = Task.CompletedTask;
        for (var started = Stopwatch.GetTimestamp(); Since(started) < Duration;)
        {
            var round = Stopwatch.GetTimestamp();
            if (restarting.IsCompleted)
            {
                await restarting;
                restarting = RestartAsync(containers.ElementAt(random.Next(Names.Length)));
            }

            var status = await daemon.StatusAsync(Cancellation);
            Heal(status, round);
            Kill(status, random);
            if (Pause - Since(round) is { Ticks: > 0 } rest)
            {
                await Task.Delay(rest, Cancellation);
            }
        }

        await restarting;
        var settling = Stopwatch.GetTimestamp();
        await Eventually.GetAsync(
            async cancellation =>
            {
                var asked = Stopwatch.GetTimestamp();
                var status = await daemon.StatusAsync(cancellation);
                Heal(status, asked);
                return status;
            },
            status => status.Services.All(service => service is { State: "Ready", Upstreams.Count: 1 })
                && _hits.All(hit => hit.Ended is not null),
            "all services to be Ready",
            deadline: Recovery);
        Report($"chaos (seed {seed}): all Ready {Since(settling).TotalSeconds:0.0} s after the last blow");
        await AnsweredByAllAsync(load);
        await AssertNothingLeftAsync(daemon, before);
        await load.StopAsync();

        AssertOnlyTheHitFailed(load.Results);
        Assert.Equal(machines, await MachinesAsync());
        foreach (var name in Names)
        {
            Assert.Equal($"{name}.{peer.Suffix}", (await Control.FindAsync(name))!.DnsName);
            Assert.Equal((1, 1), (await Tailnet.RegistrationsOfAsync(name), await Tailnet.CertificatesOfAsync(name)));
        }
    }

    private async Task<Dictionary<string, string>> MachinesAsync() =>
        (await Control.MachinesAsync()).ToDictionary(machine => machine.Name, machine => machine.StableId);

    private async Task RestartAsync(KeyValuePair<string, TestContainer> container)
    {
        var hit = new Hit(container.Key, null, Stopwatch.GetTimestamp());
        lock (_hits)
        {
            _hits.Add(hit);
        }

        await container.Value.RestartAsync(Cancellation);
        lock (_hits)
        {
            _hits[_hits.IndexOf(hit)] = hit with { Ended = Stopwatch.GetTimestamp() };
        }
    }

    private void Kill(DaemonStatus status, Random random)
    {
        var alive = status.Services.Where(service => service is { State: "Ready", Tailscaled.Pid: not null }).ToList();
        if (alive.Count == 0)
        {
            return;
        }

        var victim = alive[random.Next(alive.Count)];
        lock (_hits)
        {
            _hits.Add(new Hit(victim.Name, victim.Tailscaled!.Pid, Stopwatch.GetTimestamp()));
        }

        Signals.Send(victim.Tailscaled.Pid!.Value, Signals.Kill);
    }

    /// <summary>A killed tailscaled is felt until another one is up.</summary>
    private void Heal(DaemonStatus status, long asked)
    {
        lock (_hits)
        {
            for (var i = 0; i < _hits.Count; i++)
            {
                var hit = _hits[i];
                if (hit is { Process: { } process, Ended: null } && hit.Begun < asked
                    && status.Find(hit.Service) is { State: "Ready", Tailscaled.Pid: { } other } && other != process)
                {
                    _hits[i] = hit with { Ended = Stopwatch.GetTimestamp() };
                }
            }
        }
    }

    private static async Task AnsweredByAllAsync(SteadyLoad load)
    {
        var seen = load.Results.Count;
        await Eventually.TrueAsync(
            () => Names.All(name => load.Results.Skip(seen).Any(result => result.Service == name && result.Failure is null)),
            "an answer of each service");
    }

    private async Task AssertNothingLeftAsync(DovetailDaemon daemon, Footprint before)
    {
        Report($"before: {before}");
        var after = before;
        try
        {
            // Threads that have nothing more to do end after a while.
            await Eventually.TrueAsync(
                () =>
                {
                    after = Footprint.Of(daemon.ProcessId);
                    return after.Children == Names.Length && after.Addresses == before.Addresses
                        && after.Threads <= before.Threads + SpareThreads && after.Descriptors <= before.Descriptors + SpareDescriptors;
                },
                "nothing to be left");
        }
        finally
        {
            Report($"after:  {after}");
        }

        Assert.Equal(Names.Length, Tailscaleds().Count);
        Assert.DoesNotContain(ProcessTable.Mentioning(RuntimeDirectory).Values, line => line.Contains(" up ", StringComparison.Ordinal));
    }

    private void AssertOnlyTheHitFailed(IReadOnlyList<LoadResult> results)
    {
        List<Hit> kills = [.. _hits.Where(hit => hit.Process is not null)];
        List<Hit> restarts = [.. _hits.Where(hit => hit.Process is null)];
        var failed = results.Where(result => result.Failure is not null).ToList();
        var unkilled = failed.Where(result => !kills.Any(hit => hit.Touches(result))).ToList();
        Report($"{results.Count} requests, {kills.Count} tailscaleds killed, {restarts.Count} containers restarted; "
            + $"{failed.Count} requests failed, "
            + $"{unkilled.Count} of them not for a killed tailscaled");
        var failures = failed.GroupBy(result => result.Failure![..Math.Min(60, result.Failure!.Length)]);
        Report($"failed: {string.Join("; ", failures.Select(group => $"{group.Count()} × {group.Key.ReplaceLineEndings(" ")}"))}");

        Assert.DoesNotContain(unkilled, result => !restarts.Any(hit => hit.Touches(result)));
        // All but the one request that the container had under way could be held.
        Assert.All(
            restarts, hit => Assert.True(unkilled.Count(hit.Touches) <= 1, $"{hit}: {string.Join("; ", unkilled.Where(hit.Touches))}"));
        // Enough was answered for the above to mean something. Chance may hit one service so often that it waits a minute for its next
        // start, so that each by itself need only have answered.
        var answered = results.Where(result => result.Failure is null).CountBy(result => result.Service).ToDictionary();
        Assert.InRange(answered.Values.Sum(), Names.Length * MeaningfulCount, int.MaxValue);
        Assert.All(Names, name => Assert.True(answered.ContainsKey(name), $"{name} never answered"));
    }
}

/// <summary>One blow of the chaos test, with the time for which it may be felt.</summary>
/// <param name="Process">The tailscaled that was killed; null: the container was restarted.</param>
/// <param name="Ended">Null while it may still be felt.</param>
internal sealed record Hit(string Service, int? Process, long Begun, long? Ended = null)
{
    public bool Touches(LoadResult request) =>
        request.Service == Service && request.Ended >= Begun && request.Begun <= (Ended ?? long.MaxValue);
}
