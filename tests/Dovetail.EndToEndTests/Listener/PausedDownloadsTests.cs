using System.Collections.Concurrent;
using System.Net.Security;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>One peer that begins many large downloads and reads none of them.</summary>
[Collection(MeasuredTests.Name)]
public sealed class PausedDownloadsTests(Engine engine) : EndToEndTest(engine)
{
    private const int Downloads = 400;

    // Of Dovetail's own sockets; what tailscaled has received and not read is in its sockets, which are its own.
    private const int MostKernelMegabytes = 200;
    private static readonly TimeSpan Filling = TimeSpan.FromSeconds(5);

    [Fact(Timeout = 300_000)]
    public async Task Four_hundred_paused_downloads_hold_a_bounded_share_of_the_kernels_memory_and_cost_another_peer_nothing()
    {
        var (hoarder, other) = (await PeerAsync("hoarder@example.com"), await PeerAsync());
        var daemon = StartDaemon();
        using var service = await StreamService.RunAsync(this, "large", cancellation: Cancellation);
        await RunServiceAsync("web");
        await daemon.ReadyAsync(service.Name);
        await daemon.ReadyAsync("web");
        await Eventually.GetAsync(
            token => other.Http().GetStringAsync($"https://{other.NameOf("web")}/", token), _ => true, "the page");
        var before = Footprint.Of(daemon.ProcessId);
        await using var load = new SteadyLoad(other, ["web"], page: _ => "Hello from");
        var connections = new ConcurrentBag<SslStream>();
        try
        {
            await Parallel.ForAsync(
                0, Downloads, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation }, async (_, token) =>
                {
                    var connection = await hoarder.SecureAsync(hoarder.NameOf(service.Name), token);
                    connections.Add(connection);
                    await connection.WriteAsync("GET /give?size=1000000000 HTTP/1.1\r\nHost: large\r\n\r\n"u8.ToArray(), token);
                });
            var (held, since) = (-1L, TimeProvider.System.GetTimestamp());
            await Eventually.TrueAsync(
                async () =>
                {
                    var now = await KernelMemory.OfSocketsAsync(daemon.ProcessId);
                    (held, since) = now > held ? (now, TimeProvider.System.GetTimestamp()) : (held, since);
                    return TimeProvider.System.GetElapsedTime(since) > Filling;
                },
                "the buffers to be full",
                deadline: TimeSpan.FromSeconds(150));
            var after = Footprint.Of(daemon.ProcessId);
            Report(
                $"{Downloads} paused downloads: {held / 1_000_000} MB of kernel memory, {held / Downloads / 1024} KB each; "
                    + $"{(after.Memory - before.Memory) * 1024 / Downloads} KB each in Dovetail; {after}");
            Assert.InRange(held, 1, MostKernelMegabytes * 1_000_000L);

            var wanted = load.Results.Count + 20;
            await Eventually.TrueAsync(() => load.Results.Count >= wanted, "the other peer's requests to end");
        }
        finally
        {
            foreach (var connection in connections)
            {
                await connection.DisposeAsync();
            }
        }

        await load.StopAsync();
        Assert.DoesNotContain(load.Results, result => result.Failure is not null);
    }
}
