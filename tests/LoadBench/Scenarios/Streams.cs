using LoadBench.Load;
using LoadBench.Measuring;
using LoadBench.Stages;

namespace LoadBench.Scenarios;

/// <summary>1 KB over one HTTP/2 connection, a hundred requests at a time.</summary>
internal sealed class Streams() : Scenario("h2", "GET of 1 KB, HTTP/2, 1 connection with 100 streams")
{
    private const int AtATime = 100;
    private static readonly Figure Rate = new("requests/s", Goal.RatioAtLeast(0.8));
    private static readonly Figure Processor = new("CPU µs per request", Digits: 1);

    public override Task<Comparison> RunAsync(Stage stage) => CompareAsync(stage, async side =>
    {
        var taken = await TakeAsync(
            side, () => H2Load.RunAsync(stage.Near, side.Page(Application.Files, Stage.SmallFile), AtATime, stage.Options.Seconds));
        return new Sample
        {
            [Rate] = taken.Results.Rate,
            [Processor] = taken.ProcessorPerRequest,
            [Figures.Relay] = taken.RelayPerRequest,
        }.With(taken.Memory);
    });
}
