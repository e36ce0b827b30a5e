namespace Dovetail.Tailscale;

/// <summary>The tailnet that the node is in.</summary>
internal sealed record IpnTailnet
{
    public string? Name { get; init; }
}
