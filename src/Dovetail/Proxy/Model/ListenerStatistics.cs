using System.Collections.Immutable;

namespace Dovetail.Proxy.Model;

/// <summary>What a listener has done and does; a snapshot.</summary>
/// <param name="Requests">Requests since the listener started.</param>
/// <param name="ActiveRequests">Requests in flight, WebSockets and held requests included.</param>
/// <param name="HeldRequests">Requests and raw connections that wait for an upstream.</param>
/// <param name="ActiveConnections">Open connections, all ports together.</param>
/// <param name="DeniedRequests">Requests that <c>dovetail.allow</c> answered with 403.</param>
/// <param name="FailedRequests">Requests answered 502, 503 or 504 by the listener, or cut because the upstream's response broke.</param>
/// <param name="RefusedConnections">Closed connections by reason; reasons that never occurred are absent.</param>
internal sealed record ListenerStatistics(
    long Requests,
    int ActiveRequests,
    int HeldRequests,
    int ActiveConnections,
    long DeniedRequests,
    long FailedRequests,
    ImmutableSortedDictionary<RefusalReason, long> RefusedConnections);
