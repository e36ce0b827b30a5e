using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Microsoft.AspNetCore.Connections;
using Yarp.ReverseProxy.Forwarder;

namespace Dovetail.Proxy;

/// <summary>Starts listeners, and owns what all listeners of the daemon share.</summary>
/// <param name="services">The daemon's root container; it has Kestrel's HTTPS services.</param>
internal sealed class NodeListenerFactory(
    IServiceProvider services,
    IConnectionListenerFactory transport,
    IHttpForwarder forwarder,
    ListenerOptions limits,
    TimeProvider time,
    ILoggerFactory loggers) : INodeListenerFactory, IDisposable
{
    private readonly LoopbackAddressPool _addresses = new();
    private readonly SocketOwner _sockets = new();
    private readonly DescriptorBudget _descriptors = DescriptorBudget.OfProcess();

    /// <summary>Starts a listener on a loopback address of its own.</summary>
    /// <param name="peers">Knows the tailnet as the node sees it.</param>
    /// <param name="owner">The node's tailscaled.</param>
    /// <exception cref="IOException">No address could be bound.</exception>
    public async Task<NodeListener> StartAsync(
        IPeerDirectory peers, IAllowedProcess owner, ListenerConfig initial, CancellationToken cancellationToken)
    {
        var shared = new ListenerDependencies(services, transport, forwarder, _addresses, _sockets, _descriptors, limits, time, loggers);
        var listener = new NodeListener(shared, peers, owner, initial);
        try
        {
            await listener.StartAsync(cancellationToken);
            return listener;
        }
        catch
        {
            await listener.DisposeAsync();
            throw;
        }
    }

    async Task<INodeListener> INodeListenerFactory.StartAsync(
        IPeerDirectory peers, IAllowedProcess process, ListenerConfig initial, CancellationToken cancellationToken) =>
        await StartAsync(peers, process, initial, cancellationToken);

    public void Dispose() => _sockets.Dispose();
}
