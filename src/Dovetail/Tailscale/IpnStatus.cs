using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

/// <summary>The parts of the status document (<c>03-status/</c>) that Dovetail goes by.</summary>
internal sealed record IpnStatus
{
    public string? Version { get; init; }

    public string? BackendState { get; init; }

    /// <summary>Left out by tailscaled when false.</summary>
    public bool HaveNodeKey { get; init; }

    [JsonPropertyName("AuthURL")]
    public string? AuthUrl { get; init; }

    [JsonPropertyName("TailscaleIPs")]
    public IReadOnlyList<string>? TailscaleIps { get; init; }

    public IpnSelf? Self { get; init; }

    public IReadOnlyList<string>? Health { get; init; }

    public IpnTailnet? CurrentTailnet { get; init; }

    /// <summary>Names that certificates may be had for; null or empty: none (HTTPS off, Headscale).</summary>
    public IReadOnlyList<string>? CertDomains { get; init; }
}
