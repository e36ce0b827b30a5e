namespace Dovetail.Reconciliation;

/// <summary>What the configuration says to the reconciler.</summary>
/// <param name="Grace">How long a node outlives its last container; at least zero.</param>
/// <param name="Resync">Longest time between two rounds of the loop; over zero.</param>
/// <param name="ForgetAfter">How long a service has to be unwanted before its machine is logged out; null: it never is.</param>
internal sealed record ReconcilerOptions(TimeSpan Grace, TimeSpan Resync, TimeSpan? ForgetAfter = null);
