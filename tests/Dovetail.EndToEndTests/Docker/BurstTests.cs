using System.Collections.Concurrent;
using System.Diagnostics;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Docker;

/// <summary>Many containers that come and go in a moment.</summary>
[Collection(MeasuredTests.Name)]
public sealed class BurstTests(Engine engine) : EndToEndTest(engine)
{
    private const int Containers = 50;
    private const string Burst = "burst";
    private const string Steady = "steady";

    [Fact(Timeout = 600_000)]
    public async Task Fifty_containers_come_and_go_and_what_is_left_is_served_after_a_few_listings()
    {
        var rounds = TestSettings.Full ? 10 : 3;
        using var api = new EngineApi(Engine);
        var proxy = Own(await SocketProxy.StartAsync(Directory["docker.sock"], Engine, ["version", "events", "containers", "networks"]));
        var peer = await PeerAsync();
        // Far away, so that a listing has an event as its cause.
        var daemon = StartDaemon(new Dictionary<string, string?> { ["DOCKER_HOST"] = proxy.Host, ["DOVETAIL_RESYNC"] = "10m" });
        await RunServiceAsync(Steady);
        await daemon.ReadyAsync(Steady);
        await using var load = new SteadyLoad(peer, [Steady]);
        var took = new List<TimeSpan>();
        for (var round = 0; round < rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            var kept = await RoundAsync(api);
            took.Add(Since(started));

            var status = await daemon.StatusAsync(
                status => status.Find(Burst) is { State: "Ready" } service
                    && service.Upstreams.Select(upstream => upstream.Container).Order().SequenceEqual(kept.Names.Order()),
                $"the {kept.Names.Count} containers of round {round} that are left",
                TimeSpan.FromSeconds(60));
            Assert.Equal([Burst, Steady], status.Services.Select(service => service.Name).Order());
            Assert.Empty(status.Rejected);
            foreach (var id in kept.Ids)
            {
                await api.RemoveAsync(id, Cancellation);
            }
        }

        await daemon.ServiceAsync(Burst, service => service.Upstreams.Count == 0, "no upstream", TimeSpan.FromSeconds(60));
        await load.StopAsync();

        var listings = proxy.Listings.ToArray();
        var most = listings.Max(listing => listings.Count(
            other => other >= listing && Stopwatch.GetElapsedTime(listing, other) < TimeSpan.FromSeconds(1)));
        Report(
            $"{rounds} times {Containers} containers, each time within {took.Max().TotalSeconds:0.0} s: {listings.Length} listings, "
            + $"at most {most} in a second; {load.Results.Count} requests");
        Assert.True(most <= 6, $"{most} listings in one second");
        Assert.True(load.Results.Count > 20, $"{load.Results.Count} requests");
        Assert.All(load.Results, result => Assert.True(result.Failure is null, $"{result}"));
    }

    /// <summary>Makes all containers, starts every second one, and removes all but every tenth.</summary>
    private async Task<(List<string> Ids, List<string> Names)> RoundAsync(EngineApi api)
    {
        var labels = new Dictionary<string, string>
        {
            [$"{Prefix}.name"] = Burst,
            [$"{Prefix}.port"] = "80",
            [$"{Prefix}.loadbalance"] = "true",
        };
        var kept = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Containers),
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation },
            async (number, cancellation) =>
            {
                var id = await api.CreateAsync(labels, cancellation);
                if (number % 2 == 0)
                {
                    await api.StartAsync(id, cancellation);
                }

                if (number % 10 == 0)
                {
                    kept.Add(id);
                }
                else
                {
                    await api.RemoveAsync(id, cancellation);
                }
            });
        var names = new List<string>();
        foreach (var id in kept)
        {
            names.Add(await new TestContainer(Engine, id).NameAsync(Cancellation));
        }

        return ([.. kept], names);
    }
}
