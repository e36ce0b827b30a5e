namespace Dovetail.Reconciliation;

/// <summary>What the configuration says to the reconciler.</summary>
/// <param name="Grace">How long a node outlives its last container; at least zero.</param>
/// <param name="Resync">Longest time between two rounds of the loop; over zero.</param>
internal sealed record ReconcilerOptions(TimeSpan Grace, TimeSpan Resync);
