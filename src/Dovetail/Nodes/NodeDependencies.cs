using System.Threading.RateLimiting;
using Dovetail.Proxy;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>What all nodes share.</summary>
internal sealed record NodeDependencies
{
    public required NodeOptions Options { get; init; }

    public required AuthKeySource Keys { get; init; }

    public required ITailscaledLauncher Tailscaled { get; init; }

    /// <summary>A client of the LocalAPI behind a socket; its owner disposes it.</summary>
    public required Func<NodePaths, ILocalApi> LocalApi { get; init; }

    public required ITailscaleCommand Command { get; init; }

    public required INodeListenerFactory Listeners { get; init; }

    /// <summary>Lets a few certificate orders through at a time, see <see cref="CertificateRunner.NewOrderLimit"/>.</summary>
    public required RateLimiter CertificateOrders { get; init; }

    public required IControlProbe Control { get; init; }

    public required TimeProvider Time { get; init; }

    public required Random Random { get; init; }

    public required ILoggerFactory Loggers { get; init; }
}
