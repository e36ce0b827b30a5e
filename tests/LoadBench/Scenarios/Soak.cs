using System.Globalization;
using LoadBench.Load;
using LoadBench.Measuring;
using LoadBench.Stages;

namespace LoadBench.Scenarios;

/// <summary>
/// Many mixed requests to Dovetail alone: over HTTP/1.1 and HTTP/2, uploads of 8 KB, and connections that do not stay. What it has in memory
/// after every twentieth of them is to stay the same.
/// </summary>
internal sealed class Soak() : Scenario("soak", "soak")
{
    private const int Parts = 20;
    private const int WarmUpParts = 4;
    private const double Tolerance = 1.05;

    // A part is sent in pieces, so that the kinds alternate.
    private const int PiecesPerPart = 10;
    private const int UploadSize = 8192;
    private static readonly TimeSpan TimeLimit = TimeSpan.FromHours(1);

    private static readonly Figure Flat = new(
        "Rss, last quarter ÷ after warm-up", new Goal(Tolerance, AtLeast: false, OfRatio: false), Digits: 3)
    { Compared = false };

    private static readonly Figure FlatDirty = new(
        "private dirty, last quarter ÷ after warm-up", new Goal(Tolerance, AtLeast: false, OfRatio: false), Digits: 3)
    { Compared = false };

    private static readonly Figure Rate = new("requests/s") { Compared = false };

    public override bool IsUsual => false;

    public override async Task<Comparison> RunAsync(Stage stage)
    {
        var side = (await stage.SidesAsync()).First(side => side.Name == Side.Dovetail);
        var body = stage.Directory["upload"];
        await File.WriteAllBytesAsync(body, new byte[UploadSize], stage.Stop);
        var piece = Math.Max(100, stage.Options.SoakRequests / Parts / PiecesPerPart);
        var memories = new List<Memory>();
        var started = TimeProvider.System.GetTimestamp();
        var requests = 0L;
        Console.WriteLine();
        Console.WriteLine("| requests | Rss, MB | Pss, MB | private dirty, MB | threads | descriptors | requests/s |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        for (var part = 0; part < Parts; part++)
        {
            var (partStarted, before) = (TimeProvider.System.GetTimestamp(), requests);
            for (var number = 0; number < PiecesPerPart; number++)
            {
                requests += await SendAsync(stage, side, piece, body);
            }

            memories.Add(Memory.Of(side.Processes));
            PrintRow(side, memories[^1], requests, (requests - before) / TimeProvider.System.GetElapsedTime(partStarted).TotalSeconds);
        }

        var (warm, last) = (memories.Skip(WarmUpParts - 1).Take(Parts / 4).ToList(), memories.TakeLast(Parts / 4).ToList());
        var comparison = new Comparison(string.Create(CultureInfo.InvariantCulture, $"{What} of {requests} requests"));
        comparison.Add(Side.Dovetail, new Sample
        {
            [Flat] = Growth(warm, last, memory => memory.Resident),
            [FlatDirty] = Growth(warm, last, memory => memory.PrivateDirty),
            [Rate] = requests / TimeProvider.System.GetElapsedTime(started).TotalSeconds,
        });
        return comparison;
    }

    private static double Growth(List<Memory> warm, List<Memory> last, Func<Memory, double> value) =>
        Comparison.Median([.. last.Select(value)]) / Comparison.Median([.. warm.Select(value)]);

    /// <returns>How many were sent.</returns>
    private static async Task<long> SendAsync(Stage stage, Side side, long piece, string body)
    {
        var (files, sink) = (side.Page(Application.Files, Stage.SmallFile), side.Page(Application.Sink, "/sink"));
        var sent = 0L;
        // Every call makes its connections anew.
        foreach (var (share, page, connections, streams, version2, upload) in ((double, Page, int, int, bool, string?)[])
        [
            (0.45, files, 64, 1, false, null), (0.40, files, 8, 50, true, null),
            (0.10, sink, 16, 1, false, body), (0.05, sink, 4, 20, true, body),
        ])
        {
            var count = Math.Max(connections, (long)(piece * share));
            await H2Load.CountAsync(stage.Near, page, count, connections, streams, version2, upload, TimeLimit);
            sent += count;
        }

        return sent;
    }

    private static void PrintRow(Side side, Memory memory, long requests, double rate)
    {
        var process = side.Processes.Single();
        var threads = Directory.GetDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task")).Length;
        var descriptors = Directory.GetFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd")).Length;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {requests} | {memory.Resident:F1} | {memory.Proportional:F1} | {memory.PrivateDirty:F1} | {threads} | {descriptors} | {rate:F0} |"));
    }
}
