using LoadBench.Load;
using LoadBench.Measuring;
using LoadBench.Stages;

namespace LoadBench.Scenarios;

/// <summary>A container comes back under another address: until Dovetail answers with it.</summary>
internal sealed class Moved() : Scenario("moved", "changed container address to first answer")
{
    private const int MovesPerRound = 2;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    // A connection to the old address hears nothing at all.
    private static readonly TimeSpan PatienceWithOne = TimeSpan.FromMilliseconds(500);

    // Below zero where the page comes before the docker client has ended.
    private static readonly Figure Own = new("after docker network connect has returned, ms", Digits: 1) { Compared = false };
    private static readonly Figure Whole = new("after it was called, ms", Digits: 1) { Compared = false };

    public override async Task<Comparison> RunAsync(Stage stage)
    {
        var comparison = new Comparison(What);
        await using var owned = new Owned();
        var network = owned.Add(await AddressedNetwork.CreateAsync(stage.Engine, $"{stage.Engine.Mark}-moved", stage.Stop));
        await using var container = await stage.RunServicesAsync(
            Name, 1, 1, ["--network", network.Name, "--ip", network.Address(10).ToString()]);
        await using var daemon = await stage.StartOwnAsync(Name);
        await daemon.ReadyAsync(1);
        var entrance = await stage.EntranceAsync($"{Name}1", daemon.StateOf($"{Name}1"));
        await Visitor.FirstAnswerAsync(() => entrance, $"{Name}1", Pause, stage.Stop);
        for (var move = 0; move < stage.Options.Rounds * MovesPerRound; move++)
        {
            var address = network.Address(11 + (move % 100));
            await container.DisconnectAsync(network.Name, stage.Stop);
            var started = TimeProvider.System.GetTimestamp();
            var connect = stage.Engine.DockerAsync(
                ["network", "connect", "--ip", address.ToString(), network.Name, container.Id], cancellation: stage.Stop);
            var served = Task.Run(async () =>
            {
                await Visitor.FirstAnswerAsync(() => entrance, $"{Name}1", Pause, stage.Stop, PatienceWithOne);
                return TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
            });
            await connect;
            var returned = TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
            var whole = await served;
            comparison.Add(Side.Dovetail, new Sample { [Own] = whole - returned, [Whole] = whole });
        }

        return comparison;
    }
}
