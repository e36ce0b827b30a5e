using LoadBench.Helpers;
using LoadBench.Load;
using LoadBench.Measuring;
using LoadBench.Stages;

namespace LoadBench.Scenarios;

/// <summary>A new TLS connection for every request.</summary>
internal sealed class NewConnections(bool resume)
    : Scenario(resume ? "tls-resumed" : "tls-new", $"new TLS connections, {(resume ? "resumed" : "not resumed")}, a request each")
{
    private static readonly Figure Rate = new("connections/s");
    private static readonly Figure Processor = new("CPU µs per connection");

    public override Task<Comparison> RunAsync(Stage stage) => CompareAsync(stage, async side =>
    {
        var taken = await TakeAsync(side, () => ConnectAsync(stage, side.Page(Application.Files, Stage.SmallFile)));
        return new Sample
        {
            [Rate] = taken.Results.Rate,
            [Processor] = taken.ProcessorPerRequest,
        }.With(taken.Memory);
    });

    private async Task<LoadResults> ConnectAsync(Stage stage, Page page)
    {
        var result = await stage.Near.RunAsync(
            Stage.OwnProgram,
            [
                ConnectionsProgram.Name, page.Place.ToString(), page.Host, page.Path, resume.ToString(), Tools.Text(stage.Options.Seconds),
            ],
            TimeSpan.FromSeconds(stage.Options.Seconds + 60));
        var words = Tools.Line(result, ConnectionsProgram.Result);
        var (connections, resumed) = (Tools.Number(words[1]), Tools.Number(words[2]));
        // A few that begin before the first has its ticket are new.
        return (resume ? resumed > connections * 0.9 : resumed == 0)
            ? new LoadResults(connections, Tools.Number(words[3]), double.NaN, double.NaN)
            : throw new InvalidOperationException($"{resumed} of {connections} connections were resumed.");
    }
}
