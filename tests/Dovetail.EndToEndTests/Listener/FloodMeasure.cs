using System.Diagnostics;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>What an attack of one peer costs the daemon and the kernel, and another peer that asks meanwhile.</summary>
internal sealed class FloodMeasure : IAsyncDisposable
{
    private const int Quiet = 50;
    private const long MostKernel = 100_000_000;

    // In MB, when nothing happens any more.
    private const long MostKept = 25;

    private readonly int _processId;
    private readonly SteadyLoad _load;
    private readonly CancellationTokenSource _end = new();
    private readonly long _before;
    private readonly long _kernelBefore;
    private readonly int _quiet;
    private readonly Task<long> _kernelPeak;

    private FloodMeasure(int processId, SteadyLoad load, long kernelBefore)
    {
        (_processId, _load, _kernelBefore, _quiet) = (processId, load, kernelBefore, load.Results.Count);
        PeakMemory.Forget(processId);
        _before = Footprint.Of(processId).Memory;
        _kernelPeak = KernelPeakAsync();
    }

    /// <summary>How much more memory the daemon had resident at most, in MB.</summary>
    public double Growth { get; private set; }

    /// <summary>Begins when the other peer has been served for some time.</summary>
    public static async Task<FloodMeasure> BeginAsync(DovetailDaemon daemon, TailnetPeer other, string service)
    {
        await Eventually.GetAsync(token => other.Http().GetStringAsync($"https://{other.NameOf(service)}/", token), _ => true, "the page");
        var load = new SteadyLoad(other, [service], pause: TimeSpan.FromMilliseconds(20), page: static _ => "Hello from");
        await Eventually.TrueAsync(() => load.Results.Count >= Quiet, "the other peer to be served before the flood");
        return new FloodMeasure(daemon.ProcessId, load, await KernelMemory.OfSocketsAsync(daemon.ProcessId));
    }

    /// <summary>Reports, and fails when the other peer was not served.</summary>
    public async Task EndAsync(string what)
    {
        await _end.CancelAsync();
        var kernelPeak = await _kernelPeak;
        var during = _load.Results.Count;
        await Eventually.TrueAsync(() => _load.Results.Count >= during + 10, "the other peer to be served after the flood");
        await _load.StopAsync();
        var results = _load.Results;
        var (peak, after) = (PeakMemory.Of(_processId), Footprint.Of(_processId));
        // Takes up to a minute: not after every flood of a short run.
        var atRest = !TestSettings.Full ? "" : await Eventually.GetAsync(
            _ => Task.FromResult(Footprint.Of(_processId).Memory), memory => memory <= _before + MostKept, "the memory to be given back")
                + " MB at rest, ";
        var kernelAfter = await KernelMemory.OfSocketsAsync(_processId);
        Growth = peak - _before;
        EndToEndTest.Report(
            $"{what}: {_before} MB before, {peak:0} MB at peak, {after.Memory} MB after, {atRest}of the kernel {_kernelBefore / 1024} KB, {kernelPeak / 1024} KB, "
                + $"{kernelAfter / 1024} KB; the other peer before: {Times(results.Take(_quiet))}; meanwhile: {Times(results.Skip(_quiet).Take(during - _quiet))}; {after}");
        Assert.DoesNotContain(results, static result => result.Failure is not null);
        Assert.InRange(kernelPeak, 0, MostKernel);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _kernelPeak;
        await _load.DisposeAsync();
        _end.Dispose();
    }

    private static string Times(IEnumerable<LoadResult> results)
    {
        var times = results.Select(static result => Stopwatch.GetElapsedTime(result.Begun, result.Ended).TotalMilliseconds).Order().ToArray();
        return times.Length == 0 ? "no request" : $"{times.Length} requests, p50 {times[times.Length / 2]:0} ms, p99 {times[times.Length * 99 / 100]:0} ms";
    }

    private async Task<long> KernelPeakAsync()
    {
        var peak = _kernelBefore;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
            {
                peak = Math.Max(peak, await KernelMemory.OfSocketsAsync(_processId));
            }
        }
        catch (OperationCanceledException)
        {
            // It has ended.
        }

        return peak;
    }
}
