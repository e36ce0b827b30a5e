using System.Diagnostics;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>Bodies of any size pass, and what Dovetail takes of the machine's memory does not grow with them.</summary>
[Collection(MeasuredTests.Name)]
public sealed class LargeTransferTests(Engine engine) : EndToEndTest(engine)
{
    private const long WarmUp = 250_000_000;
    private const int AllowedGrowth = 30;

    private static readonly long Size = TestSettings.Full ? 5_000_000_000 : 1_000_000_000;

    [Theory(Timeout = 900_000)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task An_upload_and_a_download_in_parallel_arrive_whole_with_flat_memory(string version)
    {
        var daemon = StartDaemon();
        using var service = await StreamService.RunAsync(this, "large", cancellation: Cancellation);
        await daemon.ReadyAsync(service.Name);
        var peer = await PeerAsync();
        var client = peer.Http(Version.Parse(version));
        client.Timeout = Timeout.InfiniteTimeSpan;
        var url = $"https://{peer.NameOf(service.Name)}";
        var before = PeakMemory.Of(daemon.ProcessId);
        await BothWaysAsync(client, url, WarmUp);
        PeakMemory.Forget(daemon.ProcessId);
        var warm = PeakMemory.Of(daemon.ProcessId);

        using var process = Process.GetProcessById(daemon.ProcessId);
        var worked = process.TotalProcessorTime;
        var started = Stopwatch.GetTimestamp();
        var answers = await BothWaysAsync(client, url, Size);
        var took = Since(started);
        process.Refresh();
        worked = process.TotalProcessorTime - worked;

        Assert.All(answers, answer => Assert.Equal($"{Size} intact", answer));
        var peak = PeakMemory.Of(daemon.ProcessId);
        Report(
            $"HTTP/{version}: {Size / 1e9:0} GB up and {Size / 1e9:0} GB down at once in {took.TotalSeconds:0} s "
                + $"({2 * Size / 1e6 / took.TotalSeconds:0} MB/s, {worked.TotalSeconds / (2 * Size / 1e9):0.0} s of processor time per "
                    + "GB); " +
            $"resident {before:0.0} MB at first, {warm:0.0} MB warm, {peak:0.0} MB at most");
        Assert.InRange(peak - warm, double.MinValue, AllowedGrowth);
    }

    private static Task<string[]> BothWaysAsync(HttpClient client, string url, long size) => Task.WhenAll(
        Task.Run(async () =>
        {
            using var body = new PatternContent(size);
            return await Transfers.UploadAsync(client, $"{url}/take", body, Cancellation);
        }),
        Task.Run(() => Transfers.DownloadAsync(client, $"{url}/give?size={size}", Cancellation)));
}
