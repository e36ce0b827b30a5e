using System.Threading.RateLimiting;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Upstreams;
using Microsoft.AspNetCore.Connections;

namespace Dovetail.Proxy.Tcp;

/// <summary>What all raw TCP ports of a listener use.</summary>
/// <param name="HeldRequests">How many requests and connections may wait for an upstream; shared with HTTP.</param>
internal sealed record TcpDependencies(
    IConnectionListenerFactory Transport,
    ConnectionAdmission Admission,
    PeerCache Peers,
    ListenerState State,
    UpstreamDependencies Upstreams,
    ConcurrencyLimiter HeldRequests,
    ListenerMetrics Metrics)
{
    public string Service => Upstreams.Service;

    public ILogger Logger => Upstreams.Logger;

    public TimeProvider Time => Upstreams.Time;
}
