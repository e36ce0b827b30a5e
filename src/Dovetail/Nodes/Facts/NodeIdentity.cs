using Dovetail.Common;
using Dovetail.Tailscale;

namespace Dovetail.Nodes.Facts;

/// <summary>What makes a node the machine it is: a change of it, and only that, touches tailscaled.</summary>
/// <param name="HostName">Name asked for.</param>
/// <param name="Tags">Tags asked for.</param>
/// <param name="ControlUrl">Null: Tailscale's own control server.</param>
internal sealed record NodeIdentity(string HostName, EquatableArray<string> Tags, string? ControlUrl)
{
    private const string DefaultControlUrl = "https://controlplane.tailscale.com";

    /// <summary>Where a person administers the machines of the tailnet.</summary>
    public string AdminPlace => ControlUrl is null ? "in the admin console" : "on the control server";

    /// <summary>Base URL of the control server, Tailscale's own included.</summary>
    public string ControlServer => Url(ControlUrl);

    /// <summary>Whether the node has been told this identity already.</summary>
    public bool Matches(IpnPrefs prefs) =>
        prefs.Hostname == HostName
        && (prefs.AdvertiseTags ?? []).Order(StringComparer.Ordinal).SequenceEqual(Tags.Order(StringComparer.Ordinal))
        && SameControlServer(prefs);

    /// <summary>Whether the node is logged in, or about to log in, at the control server that is wanted.</summary>
    public bool SameControlServer(IpnPrefs prefs) =>
        string.Equals(Url(prefs.ControlUrl), Url(ControlUrl), StringComparison.OrdinalIgnoreCase);

    private static string Url(string? url) => (string.IsNullOrEmpty(url) ? DefaultControlUrl : url).TrimEnd('/');
}
