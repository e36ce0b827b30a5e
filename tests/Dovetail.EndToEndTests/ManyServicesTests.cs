using System.Diagnostics;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests;

/// <summary>Nodes come up side by side: a slow one never delays another.</summary>
[Collection(MeasuredTests.Name)]
public sealed class ManyServicesTests(Engine engine) : EndToEndTest(engine)
{
    private const int Services = 20;

    [Fact(Timeout = 300_000)]
    public async Task Twenty_containers_are_up_soon_after_one_slow_registration()
    {
        await Control.ApplyAsync("rig/delay?register=10s");
        for (var number = 0; number < Services; number++)
        {
            await RunServiceAsync($"service{number}");
        }

        var started = Stopwatch.GetTimestamp();
        var daemon = StartDaemon();
        await daemon.StatusAsync(
            status => status.Services.Count(service => service is { State: "Ready", Upstreams.Count: 1 }) == Services,
            $"{Services} services to be Ready", TimeSpan.FromSeconds(150));
        var took = Since(started);

        Report($"{Services} services, each registration taking 10 s: all Ready after {took.TotalSeconds:0.0} s");
        // About 15 s where nothing else runs. One after the other would take more than 200 s; this leaves room for a busy machine only.
        Assert.True(took < TimeSpan.FromSeconds(45), $"It took {took.TotalSeconds:0.0} s.");
    }
}
