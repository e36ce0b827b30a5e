using System.Collections.Immutable;
using Dovetail.Nodes.Facts;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;

namespace Dovetail.Nodes;

/// <summary>How a node stands, for the log and for <c>dovetail status</c>.</summary>
internal sealed record NodeReport
{
    public required ServiceSpec Service { get; init; }

    public required NodeState State { get; init; }

    /// <summary>When the node came into this state.</summary>
    public required DateTimeOffset Since { get; init; }

    public ImmutableArray<Condition> Conditions { get; init; } = [];

    /// <summary>Full tailnet name without a trailing dot; null before the tailnet gave one.</summary>
    public string? DnsName { get; init; }

    /// <summary>Tailnet addresses; empty before the tailnet gave any.</summary>
    public ImmutableArray<string> Addresses { get; init; } = [];

    /// <summary>Where the service is reached; null before the name is known.</summary>
    public string? Url { get; init; }

    public string? LoginUrl { get; init; }

    /// <summary>Null: no certificate in use.</summary>
    public string? CertificateName { get; init; }

    public DateTimeOffset? CertificateNotAfter { get; init; }

    /// <summary>Process id of tailscaled; null while none runs.</summary>
    public int? ProcessId { get; init; }

    /// <summary>How often tailscaled was started anew.</summary>
    public int Restarts { get; init; }

    public ListenerPorts? Ports { get; init; }

    /// <summary>The last lines of tailscaled's log; only while it is down.</summary>
    public ImmutableArray<string> LogTail { get; init; } = [];
}
