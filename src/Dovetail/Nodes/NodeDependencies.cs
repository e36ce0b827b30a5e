using System.Collections.Immutable;
using System.Threading.RateLimiting;
using Dovetail.Processes;
using Dovetail.Proxy;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>What all nodes share.</summary>
internal sealed record NodeDependencies
{
    public required NodeOptions Settings { get; init; }

    public required AuthKeySource Keys { get; init; }

    public required ITailscaleCommand Command { get; init; }

    public required NodeListenerFactory Listeners { get; init; }

    /// <summary>Lets a few certificate orders through at a time, see <see cref="CertificateRunner.NewOrderLimit"/>.</summary>
    public required RateLimiter CertificateOrders { get; init; }

    public required ControlProbe Control { get; init; }

    public required ParentDeathPipe ParentDeath { get; init; }

    /// <summary>What every child inherits.</summary>
    public required ImmutableDictionary<string, string> Environment { get; init; }

    public required TimeProvider Time { get; init; }

    public required Random Random { get; init; }

    public required ILoggerFactory Logs { get; init; }
}
