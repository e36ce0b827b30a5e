using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

/// <summary>The person behind the peer, or the placeholder <c>tagged-devices</c>.</summary>
internal sealed record WhoIsUser
{
    public string? LoginName { get; init; }

    public string? DisplayName { get; init; }

    [JsonPropertyName("ProfilePicURL")]
    public string? ProfilePicUrl { get; init; }
}
