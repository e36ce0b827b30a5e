namespace Dovetail.Reconciliation;

/// <summary>Whether a service was forgotten.</summary>
/// <param name="Done">It is forgotten.</param>
/// <param name="Reason">Why not; null when it is done.</param>
internal sealed record ForgetOutcome(bool Done, string? Reason);
