using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

/// <summary>The preferences of a node that Dovetail sets and compares.</summary>
internal sealed record IpnPrefs
{
    [JsonPropertyName("ControlURL")]
    public string? ControlUrl { get; init; }

    public string? Hostname { get; init; }

    public IReadOnlyList<string>? AdvertiseTags { get; init; }

    public bool WantRunning { get; init; }

    public bool LoggedOut { get; init; }
}
