using LoadBench.Measuring;
using LoadBench.Stages;

namespace LoadBench.Scenarios;

/// <summary>From the start of the process until its first listing of all containers has become services.</summary>
internal sealed class DaemonStart() : Scenario("start", "start of the daemon, one container")
{
    private const int StartsPerRound = 4;
    private static readonly Figure Reconciled = new("until the first listing is reconciled, ms", Goal.AtMost(100)) { Compared = false };

    public override async Task<Comparison> RunAsync(Stage stage)
    {
        var comparison = new Comparison(What);
        await using var container = await stage.RunServicesAsync(Name, 1, 1);
        await using (var first = await stage.StartOwnAsync(Name))
        {
            // Of the first start nothing counts: it registers the node.
            await first.ReadyAsync(1);
        }

        for (var start = 0; start < stage.Options.Rounds * StartsPerRound; start++)
        {
            var started = TimeProvider.System.GetTimestamp();
            await using var daemon = await stage.StartOwnAsync(Name);
            await daemon.ReconciledAsync(stage.Stop);
            comparison.Add(
                Side.Dovetail, new Sample { [Reconciled] = TimeProvider.System.GetElapsedTime(started).TotalMilliseconds });
        }

        return comparison;
    }
}
