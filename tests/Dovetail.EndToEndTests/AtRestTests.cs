using System.Diagnostics;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests;

/// <summary>What Dovetail itself takes while nothing happens, without its tailscaleds.</summary>
[Collection(MeasuredTests.Name)]
public sealed class AtRestTests(Engine engine) : EndToEndTest(engine)
{
    private const int SpareThreads = 5;
    private static readonly int Many = TestSettings.Full ? 100 : 25;
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    // Natively compiled, as shipped, 60 MB were measured with 25 services; the managed build takes more and compiles as it goes.
    private static readonly long Megabytes = TestSettings.Daemon is null ? 160 : 75;

    [Fact(Timeout = 600_000)]
    public async Task A_service_costs_no_thread_and_little_memory_and_a_daemon_at_rest_next_to_no_time()
    {
        var daemon = StartDaemon();
        await daemon.StatusAsync(status => status.Docker.Connected, "Docker to be listed");
        Report($"no service: {Footprint.Of(daemon.ProcessId)}");
        await RunServiceAsync("first");
        await daemon.ReadyAsync("first");
        var one = Footprint.Of(daemon.ProcessId);
        Report($"1 service: {one}");

        var labels = Enumerable.Range(2, Many - 1)
            .SelectMany(number => (KeyValuePair<string, string>[])
                [new($"services.s{number}.name", $"s{number}"), new($"services.s{number}.port", "80")])
            .ToDictionary();
        await RunContainerAsync(labels);
        await daemon.StatusAsync(
            status => status.Services.Count(service => service.State == "Ready") == Many, $"{Many} services to be Ready",
            TimeSpan.FromMinutes(5));
        using var process = Process.GetProcessById(daemon.ProcessId);
        var (time, started) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
        await Eventually.TrueAsync(() => Since(started) >= Rest, "the daemon to have been at rest");
        process.Refresh();
        var share = (process.TotalProcessorTime - time) / Since(started);
        var many = Footprint.Of(daemon.ProcessId);
        Report($"{Many} services: {many}; {share * 60:0.00} s of processor time a minute");

        Assert.InRange(many.Threads, 1, one.Threads + SpareThreads);
        Assert.InRange(many.Memory, 1, Megabytes);
        Assert.InRange(share, 0, 0.05);
    }
}
