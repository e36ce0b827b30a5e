namespace Dovetail.Admin;

/// <summary>A container that is refused.</summary>
internal sealed record RejectedStatus(string Container, string? Service, string Reason);
