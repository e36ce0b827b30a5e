using System.Diagnostics.Metrics;

namespace Dovetail.Proxy.Model;

/// <summary>What one service's listener measures.</summary>
internal sealed class ListenerMetrics(ProxyMetrics instruments, string service)
{
    private readonly KeyValuePair<string, object?> _service = new("dovetail.service", service);

    public Active TrackRequest() => new(instruments.ActiveRequests, _service);

    public Active TrackHeldRequest() => new(instruments.HeldRequests, _service);

    public Active TrackConnection() => new(instruments.ActiveConnections, _service);

    /// <summary>Whether <see cref="RequestMeasured"/> is of use.</summary>
    public bool MeasuresRequests => instruments.RequestDuration.Enabled;

    /// <param name="status">Of the response; 499 when the client went away before it.</param>
    /// <param name="received">Bytes of the request's body.</param>
    /// <param name="sent">Bytes of the response's body; of a WebSocket neither is counted.</param>
    public void RequestMeasured(int status, TimeSpan duration, long received, long sent)
    {
        instruments.RequestDuration.Record(duration.TotalSeconds, _service, new("http.response.status_class", ClassOf(status)));
        instruments.ReceivedBytes.Add(received, _service);
        instruments.SentBytes.Add(sent, _service);
    }

    /// <summary>A request or a raw TCP connection begins to wait for an upstream.</summary>
    public void RequestHeld() => instruments.Holds.Add(1, _service);

    public void UpstreamConnectFailed() => instruments.UpstreamConnectErrors.Add(1, _service);

    /// <param name="status">Of the response; 499 when the client went away before it.</param>
    public void RequestEnded(int status) =>
        instruments.Requests.Add(1, _service, new("http.response.status_class", ClassOf(status)));

    public void RequestDenied() => instruments.DeniedRequests.Add(1, _service);

    public void RequestFailed() => instruments.FailedRequests.Add(1, _service);

    public void ConnectionRefused(RefusalReason reason) =>
        instruments.RefusedConnections.Add(1, _service, new("dovetail.refusal.reason", TagOf(reason)));

    private static string ClassOf(int status) => (status / 100) switch
    {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "other",
    };

    private static string TagOf(RefusalReason reason) => reason switch
    {
        RefusalReason.ForeignProcess => "foreign_process",
        RefusalReason.BadProxyHeader => "bad_proxy_header",
        RefusalReason.SlowProxyHeader => "slow_proxy_header",
        RefusalReason.TooManyConnections => "too_many_connections",
        RefusalReason.TooManyFromPeer => "too_many_from_peer",
        RefusalReason.NoHttps => "no_https",
        RefusalReason.NoHttp => "no_http",
        RefusalReason.NotAllowed => "not_allowed",
        RefusalReason.AcmeChallenge => "acme_challenge",
        RefusalReason.NoUpstream => "no_upstream",
        _ => "other",
    };

    /// <summary>Counts one in until it is disposed. One that began before anything collected is not counted out either.</summary>
    public readonly struct Active : IDisposable
    {
        private readonly UpDownCounter<long>? _counter;
        private readonly KeyValuePair<string, object?> _service;

        public Active(UpDownCounter<long> counter, KeyValuePair<string, object?> service)
        {
            if (counter.Enabled)
            {
                (_counter, _service) = (counter, service);
                counter.Add(1, service);
            }
        }

        public void Dispose() => _counter?.Add(-1, _service);
    }
}
