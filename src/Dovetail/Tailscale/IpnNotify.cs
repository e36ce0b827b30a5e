using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

/// <summary>One message of the IPN bus; a null field says nothing new. Unknown fields are ignored, repeats are normal.</summary>
internal sealed record IpnNotify
{
    public BackendState? State { get; init; }

    public string? ErrMessage { get; init; }

    public IpnPrefs? Prefs { get; init; }

    public IpnHealth? Health { get; init; }

    [JsonPropertyName("BrowseToURL")]
    public string? BrowseToUrl { get; init; }

    /// <summary>Whether the netmap changed; its content, which lists every peer, is not kept.</summary>
    public Presence NetMap { get; init; }

    /// <summary>What tailscaled sends in place of the netmap since 1.100.</summary>
    public Presence SelfChange { get; init; }
}

/// <summary>All warnings that hold at the moment, by <see cref="HealthWarning.WarnableCode"/>; null: none.</summary>
internal sealed record IpnHealth
{
    public IReadOnlyDictionary<string, HealthWarning>? Warnings { get; init; }
}

/// <summary>One warning of tailscaled's health: late by seconds to minutes, and not only errors ("Tailscale is stopped.").</summary>
internal sealed record HealthWarning
{
    /// <summary>Stable id; <see cref="TailscaleErrors"/> names those that are acted on.</summary>
    public string? WarnableCode { get; init; }

    public string? Text { get; init; }
}
