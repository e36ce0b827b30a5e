using System.Globalization;
using LoadBench.Load;
using LoadBench.Measuring;
using LoadBench.Stages;

namespace LoadBench.Scenarios;

/// <summary>
/// From the start of containers until each of its new services has answered. Beside Dovetail the same is done by hand: as soon as the
/// containers have started, the same commands with nothing between them, before an nginx that runs already. What Dovetail takes longer is its
/// own share.
/// </summary>
internal sealed class FirstAnswer(int count) : Scenario(
    $"first-{count}", $"docker start to first 200, {count} new service{(count == 1 ? "" : "s")}")
{
    private const string ByHand = "by hand";

    // Requests that come too early would take the time of those that are measured.
    private static readonly TimeSpan PauseOfOne = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan PauseOfMany = TimeSpan.FromMilliseconds(50);

    private readonly Figure _all = new("all after the containers' start, ms");
    private readonly Figure _median = new("the median one after it, ms");
    private readonly Figure _whole = new("all after docker start was called, ms");
    private readonly Figure _own = new("own share of all, ms", Goal.AtMost(count == 1 ? 150 : 1000)) { Compared = false };

    private TimeSpan Pause => count == 1 ? PauseOfOne : PauseOfMany;

    public override async Task<Comparison> RunAsync(Stage stage)
    {
        await stage.SidesAsync();
        var comparison = new Comparison(What);
        for (var round = 0; round < stage.Options.Rounds; round++)
        {
            Progress.Say(string.Create(CultureInfo.InvariantCulture, $"{What}: round {round + 1} of {stage.Options.Rounds}"));
            var byHand = await MeasureAsync(stage, round, null);
            await using var daemon = await stage.StartOwnAsync(Name);
            await daemon.ReadyAsync(0);
            var own = await MeasureAsync(stage, round, daemon);
            own[_own] = own[_all] - byHand[_all];
            comparison.Add(Side.Dovetail, own);
            comparison.Add(ByHand, byHand);
        }

        return comparison;
    }

    /// <param name="daemon">Null: by hand.</param>
    private async Task<Sample> MeasureAsync(Stage stage, int round, OwnDaemon? daemon)
    {
        await using var owned = new Owned();
        var names = Enumerable.Range(0, count).Select(number => string.Create(
            CultureInfo.InvariantCulture, $"{Name}-{(daemon is null ? "hand" : "node")}-{round}-{number}")).ToList();
        var containers = new List<TestContainer>();
        foreach (var some in names.Chunk(Stage.ServicesPerContainer))
        {
            containers.Add(owned.Add(await stage.CreateContainerAsync(daemon is null ? null : Name, some)));
        }

        var called = TimeProvider.System.GetUtcNow();
        var answers = daemon is null
            ? [] : names.Select(name => Task.Run(() => AnswerAsync(stage, name, daemon.StateOf(name), owned))).ToList();
        await Task.WhenAll(containers.Select(container => container.StartAsync(stage.Stop)));
        // Dovetail hears of the first from Docker, before the client returns.
        var started = daemon is null
            ? TimeProvider.System.GetUtcNow()
            : (await Task.WhenAll(containers.Select(container => container.StartedAtAsync(stage.Stop)))).Min();
        if (daemon is null)
        {
            answers.AddRange(names.Select(name => Task.Run(() => ByHandAsync(stage, name, owned))));
        }

        var times = await Task.WhenAll(answers);
        return new Sample
        {
            [_all] = (times.Max() - started).TotalMilliseconds,
            [_median] = Comparison.Median([.. times.Select(time => (time - started).TotalMilliseconds)]),
            [_whole] = (times.Max() - called).TotalMilliseconds,
        };
    }

    private async Task<DateTimeOffset> ByHandAsync(Stage stage, string name, Owned owned)
    {
        var node = owned.Add(await stage.ServeByHandAsync(name, Stage.NginxAddress));
        return await AnswerAsync(stage, name, node.StateDirectory, owned);
    }

    private async Task<DateTimeOffset> AnswerAsync(Stage stage, string name, string stateDirectory, Owned owned)
    {
        await Visitor.FirstAnswerAsync(stage.Finder(name, stateDirectory, owned), name, Pause, stage.Stop);
        return TimeProvider.System.GetUtcNow();
    }
}
