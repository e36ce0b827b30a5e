using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Network;

/// <summary>Writes a node in the shape of tailcfg.Node, field by field as in recordings whois-*.json and bus-fresh-login.ndjson.</summary>
internal static class NodeDocument
{
    public static void Write(Utf8JsonWriter writer, NodeInfo node, bool self, bool https, bool nullCapabilities)
    {
        writer.WriteStartObject();
        writer.WriteNumber("ID", node.Id);
        writer.WriteString("StableID", node.StableId);
        writer.WriteString("Name", node.Name);
        writer.WriteNumber("User", node.UserId);
        writer.WriteString("Key", node.Key);
        if (node.KeyExpiry is { } expiry)
        {
            writer.WriteString("KeyExpiry", GoTime.Format(expiry));
        }

        writer.WriteString("Machine", node.MachineKey);
        if (node.DiscoKey.Length > 0)
        {
            writer.WriteString("DiscoKey", node.DiscoKey);
        }

        writer.WriteTexts("Addresses", [node.IPv4 + "/32", node.IPv6 + "/128"]);
        writer.WriteTexts("AllowedIPs", [node.IPv4 + "/32", node.IPv6 + "/128"]);
        if (node.Endpoints.Count > 0)
        {
            writer.WriteTexts("Endpoints", node.Endpoints);
            writer.WriteNumber("HomeDERP", 1);
        }

        WriteHostInfo(writer, node);
        writer.WriteString("Created", GoTime.Format(node.Created));
        writer.WriteNumber("Cap", StandInVersion.Capability);
        if (node.Tags.Count > 0)
        {
            writer.WriteTexts("Tags", node.Tags);
        }

        if (!self)
        {
            if (!node.Online && node.LastSeen is { } seen)
            {
                writer.WriteString("LastSeen", GoTime.Format(seen));
            }

            writer.WriteBoolean("Online", node.Online);
        }

        if (node.Authorized)
        {
            writer.WriteBoolean("MachineAuthorized", true);
        }

        writer.WriteTexts("Capabilities", NodeCapabilities.Listed(self, https));
        NodeCapabilities.WriteMap(writer, self, https, nullCapabilities);
        writer.WriteString("ComputedName", node.ShortName);
        writer.WriteString(
            "ComputedNameWithHost", node.ShortName == node.HostName ? node.ShortName : $"{node.ShortName} ({node.HostName})");
        if (node.IsExpired(TimeProvider.System.GetUtcNow()))
        {
            writer.WriteBoolean("Expired", true);
        }

        writer.WriteEndObject();
    }

    private static void WriteHostInfo(Utf8JsonWriter writer, NodeInfo node)
    {
        writer.WriteStartObject("Hostinfo");
        writer.WriteString("IPNVersion", StandInVersion.Long);
        writer.WriteString("BackendLogID", "ea22ca4fcfbe4213717f95db4729b066e2762504ecc7ab42ff93bbe33a8f3be0");
        writer.WriteString("OS", "linux");
        writer.WriteString("OSVersion", "6.12.0");
        writer.WriteBoolean("Container", true);
        writer.WriteString("Distro", "debian");
        writer.WriteString("DistroVersion", "12.11");
        writer.WriteString("DistroCodeName", "bookworm");
        writer.WriteBoolean("Desktop", false);
        writer.WriteString("Hostname", node.HostName);
        writer.WriteBoolean("NoLogsNoSupport", true);
        writer.WriteString("Machine", "x86_64");
        writer.WriteString("GoArch", "amd64");
        writer.WriteString("GoArchVar", "v1");
        writer.WriteString("GoVersion", StandInVersion.GoVersion);
        if (node.Tags.Count > 0)
        {
            writer.WriteTexts("RequestTags", node.Tags);
        }

        writer.WriteStartArray("Services");
        if (node.PeerApiPort > 0)
        {
            WriteService(writer, "peerapi4", node.PeerApiPort);
            WriteService(writer, "peerapi6", node.PeerApiPort);
        }

        WriteService(writer, "peerapi-dns-proxy", 1);
        writer.WriteEndArray();
        if (node.Endpoints.Count > 0)
        {
            WriteNetInfo(writer);
        }

        writer.WriteBoolean("Userspace", true);
        writer.WriteBoolean("UserspaceRouter", true);
        writer.WriteBoolean("AppConnector", false);
        writer.WriteBoolean("StateEncrypted", false);
        writer.WriteEndObject();
    }

    private static void WriteService(Utf8JsonWriter writer, string protocol, int port)
    {
        writer.WriteStartObject();
        writer.WriteString("Proto", protocol);
        writer.WriteNumber("Port", port);
        writer.WriteEndObject();
    }

    private static void WriteNetInfo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("NetInfo");
        writer.WriteBoolean("WorkingIPv6", false);
        writer.WriteBoolean("OSHasIPv6", true);
        writer.WriteBoolean("WorkingUDP", true);
        writer.WriteBoolean("WorkingICMPv4", false);
        writer.WriteBoolean("UPnP", false);
        writer.WriteBoolean("PMP", false);
        writer.WriteBoolean("PCP", false);
        writer.WriteNumber("PreferredDERP", 1);
        writer.WriteStartObject("DERPLatency");
        writer.WriteNumber("1-v4", 0.00032864m);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
