using System.Diagnostics;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>What an attack of one peer costs the daemon, and another peer that asks meanwhile.</summary>
internal sealed class FloodMeasure : IAsyncDisposable
{
    private readonly int _processId;
    private readonly SteadyLoad _load;
    private readonly long _before;

    private FloodMeasure(int processId, SteadyLoad load)
    {
        (_processId, _load) = (processId, load);
        PeakMemory.Forget(processId);
        _before = Footprint.Of(processId).Memory;
    }

    /// <summary>How much more memory the daemon had resident at most, in MB.</summary>
    public double Growth { get; private set; }

    /// <summary>Begins when the other peer is served.</summary>
    public static async Task<FloodMeasure> BeginAsync(DovetailDaemon daemon, TailnetPeer other, string service)
    {
        await Eventually.GetAsync(token => other.Http().GetStringAsync($"https://{other.NameOf(service)}/", token), _ => true, "the page");
        return new FloodMeasure(
            daemon.ProcessId, new SteadyLoad(other, [service], pause: TimeSpan.FromMilliseconds(20), page: static _ => "Hello from"));
    }

    /// <summary>Reports, and fails when the other peer was not served.</summary>
    public async Task EndAsync(string what)
    {
        var wanted = _load.Results.Count + 10;
        await Eventually.TrueAsync(() => _load.Results.Count >= wanted, "the other peer to be served after the flood");
        await _load.StopAsync();
        var results = _load.Results;
        var times = results.Select(static result => Stopwatch.GetElapsedTime(result.Begun, result.Ended).TotalMilliseconds).Order().ToArray();
        var (peak, after) = (PeakMemory.Of(_processId), Footprint.Of(_processId));
        Growth = peak - _before;
        EndToEndTest.Report(
            $"{what}: {_before} MB before, {peak:0} MB at peak, {after.Memory} MB after; the other peer: {times.Length} requests, "
                + $"p50 {times[times.Length / 2]:0} ms, p99 {times[times.Length * 99 / 100]:0} ms; {after}");
        Assert.DoesNotContain(results, static result => result.Failure is not null);
    }

    public ValueTask DisposeAsync() => _load.DisposeAsync();
}
