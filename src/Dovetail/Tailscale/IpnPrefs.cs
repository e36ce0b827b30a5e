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

/// <summary>The one preference that Dovetail sets without <c>tailscale up</c>.</summary>
internal sealed record WantRunningPrefs
{
    public required bool WantRunning { get; init; }

    /// <summary>Marks <see cref="WantRunning"/> as set; preferences without such a mark stay as they are.</summary>
    public bool WantRunningSet { get; init; } = true;
}
