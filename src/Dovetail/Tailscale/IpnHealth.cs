namespace Dovetail.Tailscale;

/// <summary>All warnings that hold at the moment, by <see cref="HealthWarning.WarnableCode"/>; null: none.</summary>
internal sealed record IpnHealth
{
    public IReadOnlyDictionary<string, HealthWarning>? Warnings { get; init; }
}
