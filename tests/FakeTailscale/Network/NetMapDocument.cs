using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Network;

/// <summary>Writes the network map in the shape of the bus notification (recording bus-fresh-login.ndjson).</summary>
internal static class NetMapDocument
{
    // The parts that the recorded control server sent alike to every node.
    private const string FixedParts = """
        {"PacketFilter":[{"IPProto":[6,17,1,58],"Srcs":["0.0.0.0/0","::/0"],"SrcCaps":null,"Dsts":[{"Net":"0.0.0.0/0","Ports":{"First":0,"Last":65535}},{"Net":"::/0","Ports":{"First":0,"Last":65535}}],"Caps":[]},{"IPProto":[6,17,1,58],"Srcs":["0.0.0.0/0","::/0"],"SrcCaps":null,"Dsts":[],"Caps":[{"Dst":"0.0.0.0/0","Cap":"https://tailscale.com/cap/ingress","Values":null},{"Dst":"::/0","Cap":"https://tailscale.com/cap/ingress","Values":null}]}],"PacketFilterRules":[{"SrcIPs":["*"],"DstPorts":[{"IP":"*","Ports":{"First":0,"Last":65535}}]},{"SrcIPs":["*"],"CapGrant":[{"Dsts":["0.0.0.0/0","::/0"],"Caps":["https://tailscale.com/cap/ingress"]}]}],"SSHPolicy":null,"CollectServices":true,"DERPMap":{"Regions":{"1":{"RegionID":1,"RegionCode":"fra","RegionName":"Frankfurt","Nodes":[{"Name":"1a","RegionID":1,"HostName":"127.0.0.1","IPv4":"127.0.0.1","IPv6":"none","STUNPort":9933,"DERPPort":45691,"InsecureForTests":true,"STUNTestIP":"127.0.0.1"}]}}},"DisplayMessages":null,"TKAEnabled":false,"TKAHead":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
        """;

    /// <summary>The DERP map as <c>derpmap.cached.json</c> holds it.</summary>
    public static byte[] DerpMap()
    {
        using JsonDocument parts = JsonDocument.Parse(FixedParts);
        return Json.Line(parts.RootElement.GetProperty("DERPMap").WriteTo);
    }

    public static void Write(Utf8JsonWriter writer, NetworkMap map)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("Cached", false);
        writer.WritePropertyName("SelfNode");
        NodeDocument.Write(writer, map.Self, self: true, map.Https, nullCapabilities: true);
        writer.WriteTexts("AllCaps", NodeCapabilities.Sorted(self: true, map.Https));
        writer.WriteString("NodeKey", map.Self.Key);
        writer.WriteString("MachineKey", map.Self.MachineKey);
        writer.WriteStartArray("Peers");
        foreach (NodeInfo peer in map.Peers)
        {
            NodeDocument.Write(writer, peer, self: false, map.Https, nullCapabilities: false);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("DNS");
        writer.WriteTexts("Domains", [map.Suffix]);
        writer.WriteBoolean("Proxied", true);
        if (map.CertDomains.Count > 0)
        {
            writer.WriteTexts("CertDomains", map.CertDomains);
        }

        writer.WriteEndObject();
        using (JsonDocument parts = JsonDocument.Parse(FixedParts))
        {
            foreach (JsonProperty part in parts.RootElement.EnumerateObject())
            {
                part.WriteTo(writer);
            }
        }

        writer.WriteString("Domain", map.Domain);
        writer.WriteString("DomainAuditLogID", "");
        writer.WriteStartObject("UserProfiles");
        foreach (UserInfo user in map.Users)
        {
            writer.WritePropertyName(user.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
            user.Write(writer);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
