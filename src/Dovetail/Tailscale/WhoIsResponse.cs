using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

/// <summary>Who is behind a tailnet address.</summary>
internal sealed record WhoIsResponse
{
    public WhoIsNode? Node { get; init; }

    public WhoIsUser? UserProfile { get; init; }

    /// <summary>Application capabilities by name; what each grants is not read.</summary>
    public IReadOnlyDictionary<string, Presence>? CapMap { get; init; }
}

/// <summary>The peer's node.</summary>
internal sealed record WhoIsNode
{
    /// <summary>Full name with a trailing dot.</summary>
    public string? Name { get; init; }

    /// <summary>Not empty for tagged devices, which act for no person.</summary>
    public IReadOnlyList<string>? Tags { get; init; }
}

/// <summary>The person behind the peer, or the placeholder <c>tagged-devices</c>.</summary>
internal sealed record WhoIsUser
{
    public string? LoginName { get; init; }

    public string? DisplayName { get; init; }

    [JsonPropertyName("ProfilePicURL")]
    public string? ProfilePicUrl { get; init; }
}
