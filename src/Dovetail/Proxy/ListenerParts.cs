using Dovetail.Proxy.Connections;
using Microsoft.AspNetCore.Connections;
using Yarp.ReverseProxy.Forwarder;

namespace Dovetail.Proxy;

/// <summary>What a listener uses and does not own.</summary>
internal sealed record ListenerParts(
    IServiceProvider Services,
    IConnectionListenerFactory Transport,
    IHttpForwarder Forwarder,
    LoopbackAddressPool Addresses,
    SocketOwner Sockets,
    DescriptorBudget Descriptors,
    ListenerLimits Limits,
    TimeProvider Time,
    ILoggerFactory Loggers);
