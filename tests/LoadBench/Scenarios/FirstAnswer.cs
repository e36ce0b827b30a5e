using System.Globalization;
using System.Net;
using LoadBench.Load;
using LoadBench.Measuring;
using LoadBench.Stages;

namespace LoadBench.Scenarios;

/// <summary>
/// From <c>docker start</c> of new services until each has answered. Beside Dovetail the same is done by hand: the same commands, with nothing
/// between them, before an nginx that runs already. What Dovetail takes longer is its own share.
/// </summary>
internal sealed class FirstAnswer(int count) : Scenario(
    $"first-{count}", $"docker start to first 200, {count} new service{(count == 1 ? "" : "s")}")
{
    private const string ByHand = "by hand";

    // Requests that come too early would take the time of those that are measured.
    private static readonly TimeSpan PauseOfOne = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan PauseOfMany = TimeSpan.FromMilliseconds(50);

    private readonly Figure _all = new("until all have answered, ms");
    private readonly Figure _median = new("until the median one has, ms");
    private readonly Figure _own = new("own share, ms", Goal.AtMost(count == 1 ? 150 : 1000)) { Compared = false };

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
        foreach (var name in names)
        {
            containers.Add(owned.Add(await stage.CreateContainerAsync(daemon is null ? null : Name, name)));
        }

        var started = TimeProvider.System.GetTimestamp();
        var start = stage.Engine.DockerAsync(["start", .. containers.Select(container => container.Id)], cancellation: stage.Stop);
        var times = await Task.WhenAll(names.Select((name, index) => Task.Run(async () =>
        {
            await (daemon is null
                ? ByHandAsync(stage, name, containers[index], start, owned)
                : Visitor.FirstAnswerAsync(stage.Finder(name, daemon.StateOf(name), owned), Pause, secure: true, stage.Stop));
            return TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
        })));
        await start;
        return new Sample { [_all] = times.Max(), [_median] = Comparison.Median(times) };
    }

    private async Task ByHandAsync(Stage stage, string name, TestContainer container, Task start, Owned owned)
    {
        var ready = ContainerAsync(stage, container, start);
        var node = owned.Add(await stage.ServeByHandAsync(name, Stage.NginxAddress));
        await Visitor.FirstAnswerAsync(stage.Finder(name, node.StateDirectory, owned), Pause, secure: true, stage.Stop);
        await ready;
    }

    private async Task ContainerAsync(Stage stage, TestContainer container, Task start)
    {
        await start;
        var address = new IPEndPoint(IPAddress.Parse(await container.AddressAsync(stage.Stop)), 80);
        await Visitor.FirstAnswerAsync(() => address, Pause, secure: false, stage.Stop);
    }
}
