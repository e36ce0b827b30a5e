using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>A peer that asks each of some services for its page again and again, one request after the other. Disposing ends it.</summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private readonly ConcurrentQueue<LoadResult> _results = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loops;
    private readonly TimeSpan _pause;
    private readonly TimeSpan _patience;

    /// <param name="pause">Between the end of a request and the next; default 100 ms.</param>
    /// <param name="patience">After this a request counts as failed; default 20 s, more than the default hold.</param>
    /// <param name="page">What each service's page must contain, so that another's is not taken for it; null: any page will do.</param>
    public SteadyLoad(
        TailnetPeer peer,
        IEnumerable<string> services,
        TimeSpan? pause = null,
        TimeSpan? patience = null,
        Func<string, string>? page = null)
    {
        _pause = pause ?? TimeSpan.FromMilliseconds(100);
        _patience = patience ?? TimeSpan.FromSeconds(20);
        _loops = Task.WhenAll(
            services.Select(
                service =>
                    Task.Run(() => AskAsync(peer.Http(), service, $"https://{peer.NameOf(service)}/", page?.Invoke(service) ?? ""))));
    }

    /// <summary>Every request that has ended, in that order.</summary>
    public IReadOnlyList<LoadResult> Results => [.. _results];

    /// <summary>Ends the loops once the requests under way have ended.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loops;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task AskAsync(HttpClient client, string service, string url, string page)
    {
        while (!_stop.IsCancellationRequested)
        {
            var begun = Stopwatch.GetTimestamp();
            var failure = await FailureOfAsync(client, url, page);
            _results.Enqueue(new LoadResult(service, begun, Stopwatch.GetTimestamp(), failure));
            await Task.Delay(_pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<string?> FailureOfAsync(HttpClient client, string url, string page)
    {
        using var patience = new CancellationTokenSource(_patience);
        try
        {
            using var response = await client.GetAsync(url, patience.Token);
            var body = await response.Content.ReadAsStringAsync(patience.Token);
            return response.StatusCode == HttpStatusCode.OK && body.Contains(page, StringComparison.Ordinal)
                ? null
                : $"{(int)response.StatusCode} {body}";
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or OperationCanceledException)
        {
            return failed is OperationCanceledException
                ? $"no answer within {_patience.TotalSeconds:0} s"
                : $"{failed.Message} {failed.InnerException?.Message}";
        }
    }
}

/// <summary>One request of a <see cref="SteadyLoad"/>.</summary>
/// <param name="Begun">When it was sent, as a timestamp of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="Ended">When its answer was complete, or it failed.</param>
/// <param name="Failure">What a user would have seen instead of the page; null: the page came.</param>
internal sealed record LoadResult(string Service, long Begun, long Ended, string? Failure)
{
    public override string ToString() =>
        $"{Service}: {Failure ?? "answered"} after {System.Diagnostics.Stopwatch.GetElapsedTime(Begun, Ended).TotalMilliseconds:0} ms";
}
