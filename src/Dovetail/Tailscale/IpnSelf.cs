using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

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
