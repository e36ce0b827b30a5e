namespace Dovetail.Admin;

/// <summary>The service's tailscaled.</summary>
/// <param name="Pid">Absent while none runs.</param>
/// <param name="Restarts">How often it was started anew.</param>
/// <param name="LastWords">The last lines of its log; only while it is down.</param>
internal sealed record TailscaledStatus(int? Pid, int Restarts, IReadOnlyList<string> LastWords);
