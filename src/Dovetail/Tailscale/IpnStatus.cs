using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

/// <summary>The parts of the LocalAPI's status document that Dovetail goes by.</summary>
internal sealed record IpnStatus
{
    public string? Version { get; init; }

    /// <summary>Null: a state that this Dovetail does not know.</summary>
    [JsonConverter(typeof(BackendStateNameConverter))]
    public BackendState? BackendState { get; init; }

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

/// <summary>The node itself in the status document.</summary>
internal sealed record IpnSelf
{
    [JsonPropertyName("ID")]
    public string? Id { get; init; }

    public string? HostName { get; init; }

    /// <summary>Full name with a trailing dot; the control server may have appended <c>-1</c> to what was asked for.</summary>
    [JsonPropertyName("DNSName")]
    public string? DnsName { get; init; }

    /// <summary>False as soon as the control server is lost, long before Health says so.</summary>
    public bool Online { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Null for nodes whose key does not expire.</summary>
    public DateTimeOffset? KeyExpiry { get; init; }
}

/// <summary>The tailnet that the node is in.</summary>
internal sealed record IpnTailnet
{
    public string? Name { get; init; }
}
