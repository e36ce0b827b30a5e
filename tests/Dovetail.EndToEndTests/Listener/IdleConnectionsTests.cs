using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Security;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>One peer that opens connections and does nothing with them.</summary>
[Collection(MeasuredTests.Name)]
public sealed class IdleConnectionsTests(Engine engine) : EndToEndTest(engine)
{
    private const int Idle = 2000;

    /// <summary>README, "Limits of a listener".</summary>
    private const int MostOfOnePeer = 2048;

    [Fact(Timeout = 300_000)]
    public async Task Two_thousand_idle_connections_of_one_peer_cost_another_no_request_and_it_gets_few_more()
    {
        var (web, hoarder, other) = ("web", await PeerAsync("hoarder@example.com"), await PeerAsync());
        var daemon = StartDaemon();
        await RunServiceAsync(web);
        await daemon.ReadyAsync(web);
        await Eventually.GetAsync(
            token => other.Http().GetStringAsync($"https://{other.NameOf(web)}/", token), _ => true, "the page");
        var before = Footprint.Of(daemon.ProcessId);
        await using var load = new SteadyLoad(other, [web], page: _ => "Hello from");
        var connections = new ConcurrentBag<SslStream>();
        try
        {
            var started = Stopwatch.GetTimestamp();
            await OpenAsync(hoarder, web, Idle, connections);
            var opening = Since(started);
            Assert.Equal(Idle, connections.Count);
            await MoreAnswersAsync(load);
            var after = Footprint.Of(daemon.ProcessId);
            Report(
                $"{Idle} idle connections opened in {opening.TotalSeconds:0.0} s, {(after.Memory - before.Memory) * 1024.0 / Idle:0} KB "
                    + $"each; {after}");

            // Beyond its share the peer is sent away; the other one is not.
            await OpenAsync(hoarder, web, 100, connections);
            Assert.InRange(connections.Count, Idle, MostOfOnePeer);
            await MoreAnswersAsync(load);

            // And connections of other peers are accepted anew.
            await using var another = await other.SecureAsync(other.NameOf(web), Cancellation);
            Assert.True(another.IsAuthenticated);
        }
        finally
        {
            foreach (var connection in connections)
            {
                await connection.DisposeAsync();
            }
        }

        await load.StopAsync();
        Report($"the other peer meanwhile: {load.Results.Count} requests");
        Assert.DoesNotContain(load.Results, result => result.Failure is not null);
    }

    private static Task OpenAsync(TailnetPeer peer, string service, int count, ConcurrentBag<SslStream> connections) => Parallel.ForAsync(
        0, count, new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = Cancellation }, async (_, token) =>
        {
            try
            {
                connections.Add(await peer.SecureAsync(peer.NameOf(service), token));
            }
            catch (IOException)
            {
                // Sent away.
            }
        });

    private static async Task MoreAnswersAsync(SteadyLoad load)
    {
        var wanted = load.Results.Count + 10;
        await Eventually.TrueAsync(() => load.Results.Count >= wanted, "the other peer's requests to end");
    }
}
