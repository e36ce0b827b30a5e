using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// Requests at a steady rate, each sent when it is due, whether or not those before it have been answered: what many visitors do. Over
/// several keep-alive connections, HTTP/1.1 and HTTP/2 in turn. Disposing ends it.
/// </summary>
internal sealed class OpenLoad : IAsyncDisposable
{
    private const int Clients = 6;
    private const int ConnectionsPerClient = 40;

    private readonly ConcurrentQueue<LoadResult> _results = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient[] _clients;
    private readonly string _service;
    private readonly string _url;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _patience;
    private readonly int _postsInTen;
    private readonly Task _loop;
    private int _open;

    /// <param name="perSecond">Requests per second.</param>
    /// <param name="postsInTen">
    /// How many requests of ten are POSTs whose body must come back; the others are GETs, one in ten of which takes 100 ms.
    /// </param>
    /// <param name="patience">After this a request counts as failed; default 25 s, more than the default hold.</param>
    public OpenLoad(TailnetPeer peer, string service, int perSecond = 200, int postsInTen = 0, TimeSpan? patience = null)
    {
        _service = service;
        _url = $"https://{peer.NameOf(service)}/";
        _interval = TimeSpan.FromSeconds(1) / perSecond;
        _postsInTen = postsInTen;
        _patience = patience ?? TimeSpan.FromSeconds(25);
        _clients = [.. Enumerable.Range(0, Clients).Select(number =>
            peer.Http(number % 2 == 0 ? HttpVersion.Version11 : HttpVersion.Version20, connections: ConnectionsPerClient))];
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Every request that has ended, in that order.</summary>
    public IReadOnlyList<LoadResult> Results => [.. _results];

    /// <summary>Requests that wait for their answer.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Requests sent a second so far.</summary>
    public double Rate { get; private set; }

    /// <summary>Sends no more and waits until every request has ended.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var started = Stopwatch.GetTimestamp();
        var requests = new List<Task>();
        while (!_stop.IsCancellationRequested)
        {
            // A timer comes late on a busy machine: then all that is due meanwhile goes at once.
            for (var due = (long)(Stopwatch.GetElapsedTime(started) / _interval); requests.Count <= due;)
            {
                var number = requests.Count;
                requests.Add(Task.Run(() => AskAsync(number)));
            }

            Rate = requests.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
            await Task.Delay(_interval, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(requests);
    }

    private async Task AskAsync(int number)
    {
        var begun = Stopwatch.GetTimestamp();
        Interlocked.Increment(ref _open);
        var failure = await FailureOfAsync(number);
        Interlocked.Decrement(ref _open);
        _results.Enqueue(new LoadResult(_service, begun, Stopwatch.GetTimestamp(), failure));
    }

    private async Task<string?> FailureOfAsync(int number)
    {
        var client = _clients[number % Clients];
        var isPost = number / Clients % 10 < _postsInTen;
        var isSlow = number / Clients % 10 == 9;
        var body = $"body of request {number} ";
        using var patience = new CancellationTokenSource(_patience);
        using var request = new HttpRequestMessage(isPost ? HttpMethod.Post : HttpMethod.Get, _url + (isSlow ? "?ms=100" : ""))
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
            Content = isPost ? new StringContent(body, Encoding.UTF8) : null,
        };
        try
        {
            using var response = await client.SendAsync(request, patience.Token);
            var answer = await response.Content.ReadAsStringAsync(patience.Token);
            return response.StatusCode == HttpStatusCode.OK
                && (isPost ? answer == body : answer.Contains(" from ", StringComparison.Ordinal))
                ? null : $"{request.Method}: {(int)response.StatusCode} {answer}";
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException or OperationCanceledException)
        {
            var reason = failed is OperationCanceledException
                ? $"no answer within {_patience.TotalSeconds:0} s"
                : $"{failed.Message} {failed.InnerException?.Message}";
            return $"{request.Method}: {reason}";
        }
    }
}
