using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

/// <summary>The machines in the LocalAPI's status document: as many as the node may see.</summary>
internal sealed record IpnPeers
{
    public IpnMachine? Self { get; init; }

    /// <summary>By node key; null where there are none.</summary>
    public IReadOnlyDictionary<string, IpnMachine>? Peer { get; init; }
}

/// <summary>A machine of the tailnet, with what tells one from another.</summary>
internal sealed record IpnMachine
{
    /// <summary>Full name with a trailing dot.</summary>
    [JsonPropertyName("DNSName")]
    public string? DnsName { get; init; }

    /// <summary>The owner; all tagged machines of a tailnet have the same.</summary>
    [JsonPropertyName("UserID")]
    public long UserId { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public bool Online { get; init; }

    /// <summary>The year 1 while it is online, or where nobody knows.</summary>
    public DateTimeOffset LastSeen { get; init; }
}
