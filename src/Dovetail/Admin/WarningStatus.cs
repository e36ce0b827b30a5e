namespace Dovetail.Admin;

/// <summary>A label mistake that refuses nothing.</summary>
internal sealed record WarningStatus(string Container, string? Service, string Text);
