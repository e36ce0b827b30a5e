using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Forwarding;
using Dovetail.Proxy.Identity;

namespace Dovetail.Proxy.Tcp;

/// <summary>What all raw TCP ports of a listener use.</summary>
internal sealed record TcpService(
    string Name,
    ListenerParts Parts,
    ConnectionGate Gate,
    PeerCache Peers,
    HoldRoom Room,
    ListenerCounters Counters,
    Func<ListenerState> State,
    FailingUpstreams Failing,
    ILogger Logger);
