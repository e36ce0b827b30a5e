using System.Diagnostics;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests;

/// <summary>However Dovetail ends, it leaves nothing running.</summary>
[Collection(MeasuredTests.Name)]
public sealed class ShutdownTests(Engine engine) : EndToEndTest(engine)
{
    [Fact(Timeout = 180_000)]
    public async Task SIGTERM_ends_three_nodes_and_Dovetail_within_five_seconds()
    {
        var daemon = await WithThreeNodesAsync();

        var started = Stopwatch.GetTimestamp();
        daemon.Terminate();
        Assert.Equal(0, await daemon.ExitAsync(TimeSpan.FromSeconds(20), Cancellation));
        var took = Since(started);

        Assert.Empty(Tailscaleds());
        Report($"SIGTERM with three nodes: exit after {took.TotalMilliseconds:0} ms");
        Assert.True(took < TimeSpan.FromSeconds(5), $"It took {took.TotalSeconds:0.0} s.");
    }

    [Fact(Timeout = 180_000)]
    public async Task SIGKILL_leaves_no_tailscaled_after_three_seconds()
    {
        var daemon = await WithThreeNodesAsync();

        var started = Stopwatch.GetTimestamp();
        daemon.Kill();
        await Eventually.TrueAsync(
            () => Tailscaleds().Count == 0, "every tailscaled to be gone", deadline: TimeSpan.FromSeconds(20));
        var took = Since(started);

        Report($"SIGKILL with three nodes: last tailscaled gone after {took.TotalMilliseconds:0} ms");
        Assert.True(took < TimeSpan.FromSeconds(3), $"It took {took.TotalSeconds:0.0} s.");
    }

    private async Task<DovetailDaemon> WithThreeNodesAsync()
    {
        string[] names = [Named("one"), Named("two"), Named("three")];
        var daemon = StartDaemon();
        foreach (var name in names)
        {
            await RunServiceAsync(name);
        }

        foreach (var name in names)
        {
            await daemon.ReadyAsync(name);
        }

        Assert.Equal(3, Tailscaleds().Count);
        return daemon;
    }
}
