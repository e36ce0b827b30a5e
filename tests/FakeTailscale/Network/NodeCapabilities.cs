using System.Text.Json;

namespace FakeTailscale.Network;

/// <summary>The capabilities that the recorded control server gave to every node.</summary>
internal static class NodeCapabilities
{
    private const string Deprecated =
        "HTTPS://TAILSCALE.COM/s/DEPRECATED-NODE-CAPS#see-https://github.com/tailscale/tailscale/issues/11508";

    private static readonly string[] OfPeers =
        ["https", "funnel", "https://tailscale.com/cap/file-sharing", "https://tailscale.com/cap/funnel-ports?ports=8080,443"];

    /// <summary>The list in the order in which control sent it.</summary>
    public static IEnumerable<string> Listed(bool self, bool https)
    {
        IEnumerable<string> all = self ? OfPeers.Append("debug-disable-upnp") : OfPeers;
        return all.Where(name => https || name != "https");
    }

    /// <summary>The names in order, as maps are written.</summary>
    public static IEnumerable<string> Sorted(bool self, bool https) => Listed(self, https).Order(StringComparer.Ordinal);

    /// <summary>The list as status gives it: the node's own is sorted and starts with a warning.</summary>
    public static IEnumerable<string> InStatus(bool self, bool https) =>
        self ? Sorted(self, https).Prepend(Deprecated) : Listed(self, https);

    /// <summary>A map whose values say nothing: null in the node's own documents, [] in what it knows of nodes.</summary>
    public static void WriteMap(Utf8JsonWriter writer, bool self, bool https, bool nulls)
    {
        writer.WriteStartObject("CapMap");
        foreach (string name in Sorted(self, https))
        {
            if (nulls)
            {
                writer.WriteNull(name);
            }
            else
            {
                writer.WriteStartArray(name);
                writer.WriteEndArray();
            }
        }

        writer.WriteEndObject();
    }
}
