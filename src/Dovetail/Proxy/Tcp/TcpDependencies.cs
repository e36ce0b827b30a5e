using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Upstreams;

namespace Dovetail.Proxy.Tcp;

/// <summary>What all raw TCP ports of a listener use.</summary>
internal sealed record TcpDependencies(
    string Name,
    ListenerDependencies Parts,
    ConnectionAdmission Gate,
    PeerCache Peers,
    HeldRequestLimit Room,
    ListenerCounters Counters,
    Func<ListenerState> State,
    FailingUpstreams Failing,
    ILogger Logger);
