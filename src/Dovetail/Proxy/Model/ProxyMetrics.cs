using System.Diagnostics.Metrics;

namespace Dovetail.Proxy.Model;

/// <summary>
/// The instruments of all listeners, of the meter <c>Dovetail</c>. Each measurement has the tag <c>dovetail.service</c>; the names follow
/// OpenTelemetry's conventions for HTTP servers. Nothing is counted unless something collects.
/// </summary>
internal sealed class ProxyMetrics
{
    public const string MeterName = "Dovetail";

    public ProxyMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        Requests = meter.CreateCounter<long>(
            "dovetail.server.requests", "{request}", "Requests that have ended, by class of status (499 for a client that went away).");
        ActiveRequests = meter.CreateUpDownCounter<long>(
            "dovetail.server.active_requests", "{request}", "Requests in flight, WebSockets and held requests included.");
        HeldRequests = meter.CreateUpDownCounter<long>(
            "dovetail.server.held_requests", "{request}", "Requests and raw TCP connections that wait for an upstream.");
        RequestDuration = meter.CreateHistogram<double>(
            "http.server.request.duration",
            "s",
            "Duration of requests until the end of the answer, waiting for a container included, by class of status.");
        ReceivedBytes = meter.CreateCounter<long>(
            "dovetail.server.request.body", "By", "Bytes of request bodies; none of WebSockets and raw TCP.");
        SentBytes = meter.CreateCounter<long>(
            "dovetail.server.response.body", "By", "Bytes of response bodies; none of WebSockets and raw TCP.");
        Holds = meter.CreateCounter<long>(
            "dovetail.server.holds", "{request}", "Requests and raw TCP connections that had to wait for an upstream.");
        UpstreamConnectErrors = meter.CreateCounter<long>(
            "dovetail.upstream.connect_errors", "{error}", "Requests and raw TCP connections that an upstream did not accept.");
        DeniedRequests = meter.CreateCounter<long>(
            "dovetail.server.denied_requests", "{request}", "Requests that dovetail.allow answered with 403.");
        FailedRequests = meter.CreateCounter<long>(
            "dovetail.server.failed_requests",
            "{request}",
            "Requests answered 502, 503 or 504 by Dovetail, or cut because the upstream's response broke off.");
        ActiveConnections = meter.CreateUpDownCounter<long>(
            "dovetail.server.active_connections", "{connection}", "Open connections, all ports together.");
        RefusedConnections = meter.CreateCounter<long>(
            "dovetail.server.refused_connections", "{connection}", "Connections closed before their first request, by reason.");
    }

    /// <summary>Tag <c>http.response.status_class</c>: <c>1xx</c> to <c>5xx</c>, or <c>other</c>.</summary>
    public Counter<long> Requests { get; }

    /// <summary>In seconds; tag <c>http.response.status_class</c>.</summary>
    public Histogram<double> RequestDuration { get; }

    public Counter<long> ReceivedBytes { get; }

    public Counter<long> SentBytes { get; }

    public Counter<long> Holds { get; }

    public Counter<long> UpstreamConnectErrors { get; }

    public UpDownCounter<long> ActiveRequests { get; }

    public UpDownCounter<long> HeldRequests { get; }

    public Counter<long> DeniedRequests { get; }

    public Counter<long> FailedRequests { get; }

    public UpDownCounter<long> ActiveConnections { get; }

    /// <summary>Tag <c>dovetail.refusal.reason</c>: a <see cref="RefusalReason"/> in snake case.</summary>
    public Counter<long> RefusedConnections { get; }
}
