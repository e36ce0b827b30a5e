using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Model;
using Microsoft.AspNetCore.Connections;
using Yarp.ReverseProxy.Forwarder;

namespace Dovetail.Proxy;

/// <summary>What a listener uses and does not own.</summary>
internal sealed record ListenerDependencies(
    IServiceProvider Services,
    IConnectionListenerFactory Transport,
    IHttpForwarder Forwarder,
    LoopbackAddressPool Addresses,
    SocketOwner Sockets,
    DescriptorBudget Descriptors,
    ListenerOptions Limits,
    TimeProvider Time,
    ILoggerFactory Loggers);
