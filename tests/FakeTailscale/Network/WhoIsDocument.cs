using System.Text.Json;

namespace FakeTailscale.Network;

/// <summary>Writes the answer of whois (recording whois-peer-ip-port.json).</summary>
internal static class WhoIsDocument
{
    private static readonly Dictionary<string, string> Always = new() { ["https://tailscale.com/cap/ingress"] = "null" };

    public static void Write(Utf8JsonWriter writer, NetworkMap map, NodeInfo node)
    {
        bool self = node.Key == map.Self.Key;
        writer.WriteStartObject();
        writer.WritePropertyName("Node");
        NodeDocument.Write(writer, node, self, map.Https, nullCapabilities: false);
        writer.WritePropertyName("UserProfile");
        map.User(node.UserId).Write(writer);
        writer.WritePropertyName("CapMap");
        Dictionary<string, string> capabilities = new(Always);
        foreach ((string name, string values) in map.Capabilities.GetValueOrDefault(node.Key) ?? new Dictionary<string, string>())
        {
            capabilities[name] = values;
        }

        NetworkMap.WriteCapabilities(writer, capabilities);
        writer.WriteEndObject();
    }
}
