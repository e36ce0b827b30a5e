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

    /// <summary>What newer daemons send in place of the netmap (contract README §14).</summary>
    public Presence SelfChange { get; init; }
}
