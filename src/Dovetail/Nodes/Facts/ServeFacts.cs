using System.Collections.Immutable;
using Dovetail.Proxy.Model;
using Dovetail.Tailscale;

namespace Dovetail.Nodes.Facts;

/// <summary>What this tailscaled has been told to forward; the next one has to be told again.</summary>
internal sealed record ServeFacts
{
    /// <summary>What it took; null: nothing yet.</summary>
    public ServeTarget? Applied { get; init; }

    /// <summary>Not tried again before this time.</summary>
    public DateTimeOffset RetryAt { get; init; }

    /// <summary>Why it was refused the last time; null after it was taken.</summary>
    public string? Error { get; init; }
}

/// <summary>What is known of the node's listener.</summary>
internal sealed record ListenerFacts
{
    /// <summary>Null until it listens.</summary>
    public ListenerPorts? Ports { get; init; }

    /// <summary>Why there is no listener; null when there is one.</summary>
    public string? Error { get; init; }

    /// <summary>Upstreams that do not accept the listener's connections.</summary>
    public ImmutableArray<FailingUpstream> Failing { get; init; } = [];
}
