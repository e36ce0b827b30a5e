using System.Globalization;
using LoadBench.Load;
using LoadBench.Measuring;
using LoadBench.Stages;

namespace LoadBench.Scenarios;

/// <summary>Where the client of a transfer is.</summary>
/// <param name="Name">Before the scenario's name.</param>
/// <param name="RoundTrip">Zero: on this machine.</param>
/// <param name="Loss">Share of the packets, in each direction.</param>
internal sealed record Distance(string Name, string What, TimeSpan RoundTrip, double Loss)
{
    public static readonly Distance Near = new("", "", TimeSpan.Zero, 0);
    public static readonly Distance Far = new("far-", ", 100 ms round trip", TimeSpan.FromMilliseconds(100), 0);
    public static readonly Distance Lossy = new("lossy-", ", 100 ms round trip and 1 % loss", TimeSpan.FromMilliseconds(100), 0.01);
}

/// <summary>One large body down or up over one connection.</summary>
internal sealed class LargeTransfer(bool up, bool version2, Distance distance) : Scenario(
    $"{distance.Name}{(up ? "up" : "down")}-{(version2 ? "h2" : "h1")}",
    $"{(up ? "upload" : "download")}, {(version2 ? "HTTP/2" : "HTTP/1.1")}{distance.What}")
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(10);

    private readonly Figure _rate = new("MB/s", distance == Distance.Near ? Goal.RatioAtLeast(0.9) : null, Digits: 2);
    private readonly Figure _processor = new("CPU s per GB", distance == Distance.Near ? Goal.AtMost(1.2) : null, Digits: 2);

    public override async Task<Comparison> RunAsync(Stage stage)
    {
        var sides = await stage.SidesAsync();
        var application = up ? Application.Sink : Application.Files;
        var transfer = distance == Distance.Near ? stage.Large : distance == Distance.Far ? stage.Far : stage.Lossy;
        await using var link = distance == Distance.Near
            ? null
            : await FarLink.StartAsync(distance.RoundTrip, distance.Loss, sides.Select(side => side.Entrance(application)).Distinct(), stage.Stop);
        var client = link?.Client ?? stage.Near;
        var path = up ? "/sink" : transfer.Path;
        var what = string.Create(CultureInfo.InvariantCulture, $"{transfer.Megabytes} MiB {What}");
        return await Rounds.CompareAsync(what, sides, stage.Options.Rounds, async side =>
        {
            var page = side.Page(application, path);
            var taken = await TakeAsync(side, () => H2Load.CountAsync(
                client, link?.Seen(page) ?? page, requests: 1, connections: 1, streams: 1, version2, up ? stage.PathOf(transfer) : null, TimeLimit));
            var sample = new Sample
            {
                [_rate] = transfer.Bytes / taken.Results.Seconds / 1e6,
                [_processor] = taken.Processor / transfer.Bytes * 1e9,
            };
            if (distance != Distance.Near)
            {
                return sample;
            }

            sample[Figures.RelayPerGigabyte] = taken.Relay / transfer.Bytes * 1e9;
            return sample.With(taken.Memory);
        });
    }
}
