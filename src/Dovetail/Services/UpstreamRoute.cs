namespace Dovetail.Services;

/// <summary>How Dovetail reaches one port of one container, or why it cannot.</summary>
/// <param name="Host">IP address (IPv6 without brackets) or host name; null: it cannot.</param>
/// <param name="Port">Port at <paramref name="Host"/>.</param>
/// <param name="Text">Which rule of DESIGN §4 chose this and why; without a host, what is missing and what to add.</param>
internal sealed record UpstreamRoute(string? Host, int Port, string Text);
