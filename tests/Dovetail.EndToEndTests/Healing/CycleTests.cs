using System.Diagnostics;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>A container that comes and goes all the time is one machine, and costs nothing that stays.</summary>
[Collection(MeasuredTests.Name)]
public sealed class CycleTests(Engine engine) : EndToEndTest(engine)
{
    private const int WarmUp = 5;
    private const int Look = 10;
    private const int Print = 100;
    private const int SpareThreads = 20;
    private const int SpareDescriptors = 15;
    private const int SpareMegabytes = 15;
    private static readonly int Cycles = TestSettings.Full ? 500 : 25;

    // Recorded with 1.96.5: a node with state comes back without a login, and its certificate from disk.
    [Theory(Timeout = 3_000_000)]
    [InlineData("0s")]
    [InlineData("5m")]
    public async Task A_container_that_starts_and_stops_again_and_again_is_one_machine_and_leaves_nothing(string grace)
    {
        var daemon = StartDaemon(new Dictionary<string, string?>
        {
            ["DOVETAIL_GRACE"] = grace,
            // As in the image: by itself .NET collects for the first time only when the processor's whole cache is used up.
            ["DOTNET_GCgen0size"] = "0x400000",
            // Methods that are compiled anew as they grow hot (some 30 MB until it has settled) would hide what leaks.
            ["DOTNET_TieredCompilation"] = "0",
        });
        var container = await RunServiceAsync("web");
        await daemon.ReadyAsync("web");
        await CycleAsync(daemon, container, WarmUp);
        var before = Footprint.Of(daemon.ProcessId);

        var started = Stopwatch.GetTimestamp();
        await CycleAsync(daemon, container, Cycles / 2);
        var half = Footprint.Of(daemon.ProcessId);
        await CycleAsync(daemon, container, Cycles / 2);
        Report($"{Cycles} cycles with {grace} of grace in {Since(started).TotalSeconds:0} s");

        Report($"before: {before}");
        Report($"half:   {half}");
        var after = Footprint.Of(daemon.ProcessId);
        await Eventually.TrueAsync(
            () => (after = Footprint.Of(daemon.ProcessId)) is { Children: 1, Addresses: 1 }
                && after.Threads <= before.Threads + SpareThreads && after.Descriptors <= before.Descriptors + SpareDescriptors,
            "nothing to be left");
        Report($"after:  {after}");
        Assert.True(after.Memory <= before.Memory + SpareMegabytes, $"{before.Memory} MB resident before, {after.Memory} MB after");
        Assert.Single(Tailscaleds());
        Assert.Equal((1, 1), (await Tailnet.RegistrationsOfAsync("web"), await Tailnet.CertificatesOfAsync("web")));
    }

    /// <summary>Stops and starts; now and then it waits until the service is there again, else not.</summary>
    private static async Task CycleAsync(DovetailDaemon daemon, TestContainer container, int cycles)
    {
        for (var cycle = 1; cycle <= cycles; cycle++)
        {
            await container.StopAsync(Cancellation);
            await container.StartAsync(Cancellation);
            if (cycle % Look == 0 || cycle == cycles)
            {
                await daemon.ReadyAsync("web");
            }

            if (cycle % Print == 0)
            {
                Report($"after {cycle} cycles: {Footprint.Of(daemon.ProcessId)}");
            }
        }
    }
}
