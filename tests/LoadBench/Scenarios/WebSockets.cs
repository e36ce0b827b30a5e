using LoadBench.Helpers;
using LoadBench.Load;
using LoadBench.Measuring;
using LoadBench.Stages;

namespace LoadBench.Scenarios;

/// <summary>Five hundred WebSockets at a time, all of them echoing.</summary>
internal sealed class WebSockets() : Scenario("websocket", $"{Count} WebSockets, echoes of 64 bytes")
{
    private const int Count = 500;
    private static readonly Figure Rate = new("echoes/s");
    private static readonly Figure Processor = new("CPU µs per echo", Digits: 1);
    private static readonly Figure Median = new("median, ms", Digits: 2);
    private static readonly Figure High = new("p99 at full load, ms", Digits: 2);
    private static readonly Figure Opened = new("peak Rss with all open, MB", Digits: 1);

    public override Task<Comparison> RunAsync(Stage stage) => CompareAsync(stage, async side =>
    {
        var page = side.Page(Application.Sockets, "/socket");
        await using var client = new BackgroundProcess(
            Stage.OwnProgram, [SocketsProgram.Name, $"wss://{page.Place}{page.Path}", page.Host, Tools.Text(Count), Tools.Text(stage.Options.Seconds)],
            new Dictionary<string, string?>());
        Memory.ForgetPeak(side.Processes);
        await Eventually.TrueAsync(
            () => client.HasExited || client.Log.Contains(SocketsProgram.Open, StringComparison.Ordinal), "all WebSockets to be open");
        var taken = await TakeAsync(side, async () =>
        {
            var code = await client.ExitAsync(TimeSpan.FromSeconds(stage.Options.Seconds + 60), stage.Stop);
            var words = client.Log.Split(Environment.NewLine)
                .FirstOrDefault(line => line.StartsWith(SocketsProgram.Result, StringComparison.Ordinal))?.Split(' ');
            return code == 0 && words is not null
                ? new LoadResults(
                    Tools.Number(words[1]), Tools.Number(words[2]), Tools.Number(words[3]) / 1e3, Tools.Number(words[4]) / 1e3)
                : throw new InvalidOperationException($"WebSockets failed: {client.Log}");
        });
        return new Sample
        {
            [Rate] = taken.Results.Rate,
            [Processor] = taken.ProcessorPerRequest,
            [Median] = taken.Results.MedianLatency * 1e3,
            [High] = taken.Results.HighLatency * 1e3,
            [Figures.Relay] = taken.RelayPerRequest,
            [Opened] = taken.Memory.Peak,
        };
    });
}
