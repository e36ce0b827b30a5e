using System.Collections.Immutable;
using Dovetail.Nodes;
using Dovetail.Services.Model;

namespace Dovetail.Reconciliation;

/// <summary>How all services stand at one moment.</summary>
internal sealed record ReconcilerReport
{
    public required ImmutableArray<NodeReport> Nodes { get; init; }

    /// <summary>What was refused, and why.</summary>
    public required ImmutableArray<RejectedContainer> Rejected { get; init; }

    public required ImmutableArray<ContainerWarning> Warnings { get; init; }

    /// <summary>When the loop last completed a round; null before the first listing.</summary>
    public required DateTimeOffset? LastReconciled { get; init; }
}
