using System.Collections.Immutable;
using Dovetail.Nodes;
using Dovetail.Services.Files;
using Dovetail.Services.Model;
using Dovetail.Sleep;

namespace Dovetail.Reconciliation;

/// <summary>How all services stand at one moment.</summary>
internal sealed record ReconcilerReport
{
    /// <summary>Sorted by name.</summary>
    public required ImmutableArray<NodeReport> Nodes { get; init; }

    /// <summary>What was refused, and why.</summary>
    public required ImmutableArray<RejectedContainer> Rejected { get; init; }

    public required ImmutableArray<ContainerWarning> Warnings { get; init; }

    /// <summary>The services file as it was last read; null: there is none, or it has not been looked at yet.</summary>
    public ServicesFile? File { get; init; }

    /// <summary>Rounds of the loop since the start, and how long they took together.</summary>
    public (long Count, TimeSpan Duration) Rounds { get; init; }

    /// <summary>What was done to containers that sleep; null: none may be stopped or started.</summary>
    public SleepCounts? Sleep { get; init; }

    /// <summary>When the last round ended; null before the containers have been listed once.</summary>
    public required DateTimeOffset? LastReconciled { get; init; }
}

/// <summary>What the attempt to forget a service gave.</summary>
/// <param name="Done">It is forgotten.</param>
/// <param name="Reason">Why not; when it is, why the machine is still in the tailnet; null: it is not.</param>
internal sealed record ForgetOutcome(bool Done, string? Reason);
