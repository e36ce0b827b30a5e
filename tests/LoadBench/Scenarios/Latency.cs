using System.Globalization;
using LoadBench.Load;
using LoadBench.Measuring;
using LoadBench.Stages;

namespace LoadBench.Scenarios;

/// <summary>How long requests take at half of what the slowest side can do: the same rate for all.</summary>
internal sealed class Latency() : Scenario("latency", "GET of 1 KB, 32 connections, at half of saturation")
{
    private const int Connections = 32;
    private static readonly Figure Rate = new("requests/s") { Compared = false };
    private static readonly Figure Median = new("median, ms", Digits: 2);
    private static readonly Figure High = new("p99, ms", Goal.RatioAtMost(1.5), Digits: 2);
    private static readonly Figure Processor = new("CPU µs per request", Digits: 1);

    public override async Task<Comparison> RunAsync(Stage stage)
    {
        var saturation = double.MaxValue;
        foreach (var side in await stage.SidesAsync())
        {
            var page = side.Page(Application.Files, Stage.SmallFile);
            await Wrk.RunAsync(stage.Near, page, Connections, stage.Options.Seconds);
            saturation = Math.Min(saturation, (await Wrk.RunAsync(stage.Near, page, Connections, stage.Options.Seconds)).Rate);
        }

        Progress.Say(string.Create(CultureInfo.InvariantCulture, $"{What}: {saturation / 2:F0} requests/s"));
        return await CompareAsync(stage, async side =>
        {
            var taken = await TakeAsync(side, () => H2Load.SteadyAsync(
                stage.Near, side.Page(Application.Files, Stage.SmallFile), Connections, saturation / 2, stage.Options.Seconds,
                stage.Directory["requests.log"]));
            return new Sample
            {
                [High] = taken.Results.HighLatency * 1e3,
                [Median] = taken.Results.MedianLatency * 1e3,
                [Processor] = taken.ProcessorPerRequest,
                [Rate] = taken.Results.Rate,
            };
        });
    }
}
