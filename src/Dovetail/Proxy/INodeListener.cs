using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Upstreams;

namespace Dovetail.Proxy;

/// <summary>One node's listener, as the node handles it.</summary>
internal interface INodeListener : IAsyncDisposable
{
    /// <summary>Where it listens; the raw TCP ports change with <see cref="UpdateAsync"/>.</summary>
    ListenerPorts Ports { get; }

    /// <summary>Which upstreams do not accept connections now.</summary>
    FailingUpstreams FailingUpstreams { get; }

    /// <summary>Serves by <paramref name="config"/> from the next request on.</summary>
    ValueTask UpdateAsync(ListenerConfig config);

    /// <summary>Uses <paramref name="certificate"/> from the next handshake on.</summary>
    void UseCertificate(ServerCertificate certificate);

    /// <summary>Stops accepting, lets requests in flight finish within <paramref name="drain"/>, cuts the rest.</summary>
    Task StopAsync(TimeSpan drain);
}

/// <summary>Starts listeners, and owns what all listeners of the daemon share.</summary>
internal interface INodeListenerFactory
{
    /// <summary>Starts a listener on a loopback address of its own.</summary>
    /// <param name="peers">Knows the tailnet as the node sees it.</param>
    /// <param name="process">The node's tailscaled, the only process that may connect.</param>
    /// <exception cref="IOException">No address could be bound.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    Task<INodeListener> StartAsync(
        IPeerDirectory peers, IAllowedProcess process, ListenerConfig initial, CancellationToken cancellationToken);
}
