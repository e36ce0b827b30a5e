namespace Dovetail.Tailscale;

/// <summary>One entry of tailscaled's health on the bus. Late, unordered, and not only errors (contract README §4).</summary>
internal sealed record HealthWarning
{
    /// <summary>Stable id, such as <c>login-state</c>.</summary>
    public string? WarnableCode { get; init; }

    public string? Text { get; init; }
}
