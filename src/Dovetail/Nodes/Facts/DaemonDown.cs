namespace Dovetail.Nodes.Facts;

/// <summary>Why a node has no tailscaled at the moment.</summary>
/// <param name="How">How the last one ended, such as <c>ended with exit code 1: (its last line)</c>.</param>
/// <param name="RetryAt">When the next one is started.</param>
internal sealed record DaemonDown(string How, DateTimeOffset RetryAt);
