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

    public UpDownCounter<long> ActiveRequests { get; }

    public UpDownCounter<long> HeldRequests { get; }

    public Counter<long> DeniedRequests { get; }

    public Counter<long> FailedRequests { get; }

    public UpDownCounter<long> ActiveConnections { get; }

    /// <summary>Tag <c>dovetail.refusal.reason</c>: a <see cref="RefusalReason"/> in snake case.</summary>
    public Counter<long> RefusedConnections { get; }
}
