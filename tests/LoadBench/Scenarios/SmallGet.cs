using LoadBench.Load;
using LoadBench.Measuring;
using LoadBench.Stages;

namespace LoadBench.Scenarios;

/// <summary>1 KB over HTTP/1.1, as fast as so many connections go.</summary>
internal sealed class SmallGet(int connections)
    : Scenario($"get-{connections}", $"GET of 1 KB, HTTP/1.1, {connections} connection{(connections == 1 ? "" : "s")}")
{
    private readonly Figure _rate = new("requests/s", connections == 32 ? Goal.RatioAtLeast(0.7) : null);
    private readonly Figure _processor = new("CPU µs per request", connections == 32 ? Goal.RatioAtMost(1.6) : null, Digits: 1);
    private readonly Figure _median = new("median, ms", Digits: 3);
    private readonly Figure _high = new("p99 at full load, ms", Digits: 2);

    public override Task<Comparison> RunAsync(Stage stage) => CompareAsync(stage, async side =>
    {
        var taken = await TakeAsync(
            side, () => Wrk.RunAsync(stage.Near, side.Page(Application.Files, Stage.SmallFile), connections, stage.Options.Seconds));
        return new Sample
        {
            [_rate] = taken.Results.Rate,
            [_processor] = taken.ProcessorPerRequest,
            [_median] = taken.Results.MedianLatency * 1e3,
            [_high] = taken.Results.HighLatency * 1e3,
            [Figures.Relay] = taken.RelayPerRequest,
        }.With(taken.Memory);
    });
}
