using System.Diagnostics;
using System.Text;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests;

/// <summary>What Dovetail itself takes while nothing happens, without its tailscaleds.</summary>
[Collection(MeasuredTests.Name)]
public sealed class AtRestTests(Engine engine) : EndToEndTest(engine)
{
    private const int SpareThreads = 5;

    // A container may ask for no more than 32.
    private const int PerContainer = 25;
    private static readonly int Many = TestSettings.Full ? 100 : 25;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    // Resident, natively compiled as it is shipped; the managed build takes more, and compiles as it goes.
    private static readonly (long None, long One, long Many) Megabytes =
        TestSettings.Daemon is null ? (160, 160, 160) : (35, 40, TestSettings.Full ? 60 : 46);

    private const int Connections = 500;

    // Megabytes; what the managed build has compiled meanwhile stays.
    private static readonly long Left = TestSettings.Daemon is null ? 40 : 10;

    [Fact(Timeout = 600_000)]
    public async Task A_service_costs_no_thread_and_little_memory_and_a_daemon_at_rest_next_to_no_time()
    {
        var daemon = StartDaemon();
        await daemon.StatusAsync(status => status.Docker.Connected, "Docker to be listed");
        Report($"no service: {await SettledAsync(daemon, Megabytes.None)}");
        await RunServiceAsync("first");
        await daemon.ReadyAsync("first");
        var one = await SettledAsync(daemon, Megabytes.One);
        Report($"1 service: {one}");

        foreach (var numbers in Enumerable.Range(2, Many - 1).Chunk(PerContainer))
        {
            await RunContainerAsync(numbers
                .SelectMany(number => (KeyValuePair<string, string>[])
                    [new($"services.s{number}.name", $"s{number}"), new($"services.s{number}.port", "80")])
                .ToDictionary());
        }

        await daemon.StatusAsync(
            status => status.Services.Count(service => service.State == "Ready") == Many, $"{Many} services to be Ready",
            TimeSpan.FromMinutes(5));
        await SettledAsync(daemon, Megabytes.Many);
        await Eventually.TrueAsync(
            () => Footprint.Of(daemon.ProcessId).Threads <= one.Threads + SpareThreads, "the threads of the start to end",
            deadline: TimeSpan.FromMinutes(2));
        using var process = Process.GetProcessById(daemon.ProcessId);
        var (time, started) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
        await Eventually.TrueAsync(() => Since(started) >= Rest, "the daemon to have been at rest");
        process.Refresh();
        var share = (process.TotalProcessorTime - time) / Since(started);
        var many = await SettledAsync(daemon, Megabytes.Many);
        Report($"{Many} services: {many}; {share * 60:0.00} s of processor time a minute");

        Assert.InRange(many.Threads, 1, one.Threads + SpareThreads);
        Assert.InRange(share, 0, 0.05);
    }

    [Fact(Timeout = 300_000)]
    public async Task What_a_busy_time_took_is_given_back()
    {
        const string web = "web";
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        await RunServiceAsync(web);
        await daemon.ReadyAsync(web);
        await AskAsync(peer, web);
        var before = Footprint.Of(daemon.ProcessId);

        var open = new List<Stream>();
        for (var i = 0; i < Connections; i++)
        {
            open.Add(await AskAsync(peer, web));
        }

        var peak = Footprint.Of(daemon.ProcessId);
        foreach (var connection in open)
        {
            await connection.DisposeAsync();
        }

        // The second look comes after the daemon has found that nothing happens any more.
        await Eventually.TrueAsync(
            () => Footprint.Of(daemon.ProcessId).Memory <= before.Memory + Left, $"memory to be {before.Memory} MB again", deadline: TimeSpan.FromSeconds(90));
        Report($"before {Connections} connections: {before}; with them: {peak}; after: {Footprint.Of(daemon.ProcessId)}");
    }

    /// <summary>What is left when the daemon has found that nothing happens any more, and given back what it does not need.</summary>
    private static async Task<Footprint> SettledAsync(DovetailDaemon daemon, long megabytes)
    {
        var footprint = Footprint.Of(daemon.ProcessId);
        await Eventually.TrueAsync(
            () => (footprint = Footprint.Of(daemon.ProcessId)).Memory <= megabytes, $"at most {megabytes} MB", () => footprint, TimeSpan.FromSeconds(90));
        return footprint;
    }

    /// <returns>The connection, open.</returns>
    private static async Task<Stream> AskAsync(TailnetPeer peer, string service)
    {
        var stream = await peer.SecureAsync(peer.NameOf(service), Cancellation);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {service}\r\n\r\n"), Cancellation);
        Assert.NotEqual(0, await stream.ReadAsync(new byte[4096], Cancellation));
        return stream;
    }
}
