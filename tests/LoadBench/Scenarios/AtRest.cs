using System.Globalization;
using LoadBench.Measuring;
using LoadBench.Stages;

namespace LoadBench.Scenarios;

/// <summary>What the daemon itself takes, without its tailscaleds, while nothing happens.</summary>
internal sealed class AtRest() : Scenario("rest", "the daemon at rest")
{
    private static readonly (int Services, double Megabytes)[] Steps = [(0, 35), (1, 40), (25, 46), (100, 60)];

    private static readonly Figure EachService = new("each further service, KB", Goal.AtMost(200)) { Compared = false };

    public override async Task<Comparison> RunAsync(Stage stage)
    {
        var comparison = new Comparison(What);
        var steps = stage.Options.Quick ? Steps[..3] : Steps;
        for (var round = 0; round < stage.Options.Rounds; round++)
        {
            comparison.Add(Side.Dovetail, await MeasureAsync(stage, steps, round));
        }

        return comparison;
    }

    private async Task<Sample> MeasureAsync(Stage stage, (int Services, double Megabytes)[] steps, int round)
    {
        // What happened last is over by then; and over that long, processor time is counted.
        var (settle, rest) = stage.Options.Quick
            ? (TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3)) : (TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30));
        var sample = new Sample();
        var resident = new Dictionary<int, double>();
        await using var daemon = await stage.StartOwnAsync(Name);
        await using var containers = new Owned();
        var running = 0;
        foreach (var (services, megabytes) in steps)
        {
            Progress.Say(string.Create(CultureInfo.InvariantCulture, $"{What}: round {round + 1}, {services} services"));
            while (services > running)
            {
                var more = Math.Min(services - running, Stage.ServicesPerContainer);
                containers.Add(await stage.RunServicesAsync(Name, running + 1, more));
                running += more;
            }

            await daemon.ReadyAsync(services);
            await Task.Delay(settle, stage.Stop);
            var (time, started) = (ProcessorTime.Of([daemon.ProcessId]), TimeProvider.System.GetTimestamp());
            await Task.Delay(rest, stage.Stop);
            var seconds = ProcessorTime.Of([daemon.ProcessId]) - time;
            var memory = Memory.Of([daemon.ProcessId]);
            resident[services] = memory.Resident;
            var of = services == 1 ? "1 service" : string.Create(CultureInfo.InvariantCulture, $"{services} services");
            sample[new Figure($"{of}: Rss, MB", Goal.AtMost(megabytes), Digits: 1) { Compared = false }] = memory.Resident;
            sample[new Figure($"{of}: Pss, MB", Digits: 1) { Compared = false }] = memory.Proportional;
            sample[new Figure($"{of}: private dirty, MB", Digits: 1) { Compared = false }] = memory.PrivateDirty;
            sample[new Figure($"{of}: threads") { Compared = false }] =
                Directory.GetDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{daemon.ProcessId}/task")).Length;
            sample[new Figure($"{of}: CPU s a minute", services == 100 ? Goal.AtMost(0.5) : null, Digits: 2) { Compared = false }] =
                seconds / TimeProvider.System.GetElapsedTime(started).TotalSeconds * 60;
        }

        sample[EachService] = (resident[steps[^1].Services] - resident[1]) / (steps[^1].Services - 1) * 1024;
        return sample;
    }
}
