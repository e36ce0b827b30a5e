using System.Globalization;
using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Daemon;
using FakeTailscale.Network;

namespace FakeTailscale.LocalApi;

/// <summary>The status document, field by field as in recordings status-*.json.</summary>
internal static class StatusDocument
{
    private static readonly string NoKey = "nodekey:" + new string('0', 64);

    public static void Write(Utf8JsonWriter writer, BackendSnapshot now, bool peers)
    {
        NetworkMap? map = now.NetMap;
        writer.WriteStartObject();
        writer.WriteString("Version", StandInVersion.Long);
        writer.WriteBoolean("TUN", false);
        writer.WriteString("BackendState", now.State.ToString());
        if (now.Prefs.Identity is not null && (map is not null || now.State == IpnState.NoState))
        {
            writer.WriteBoolean("HaveNodeKey", true);
        }

        writer.WriteString("AuthURL", now.AuthUrl);
        writer.WriteTexts("TailscaleIPs", map is null ? null : [map.Self.IPv4, map.Self.IPv6]);
        writer.WritePropertyName("Self");
        WriteSelf(writer, now);
        writer.WriteTexts("Health", now.Health);
        writer.WriteString("MagicDNSSuffix", map?.Suffix ?? "");
        if (map is null)
        {
            writer.WriteNull("CurrentTailnet");
        }
        else
        {
            writer.WriteStartObject("CurrentTailnet");
            writer.WriteString("Name", map.Domain);
            writer.WriteString("MagicDNSSuffix", map.Suffix);
            writer.WriteBoolean("MagicDNSEnabled", true);
            writer.WriteEndObject();
        }

        writer.WriteTexts("CertDomains", map is { Https: true } ? map.CertDomains : null);
        if (map is { Peers.Count: > 0 } && peers)
        {
            WritePeers(writer, map);
        }
        else
        {
            writer.WriteNull("Peer");
            writer.WriteNull("User");
        }

        writer.WriteNull("ClientVersion");
        writer.WriteEndObject();
    }

    private static void WriteSelf(Utf8JsonWriter writer, BackendSnapshot now)
    {
        if (now.NetMap is not { } map)
        {
            WriteNode(writer, null, self: true, online: false, apiShown: false, https: false);
            return;
        }

        bool apiShown = now.State is IpnState.Running or IpnState.Starting or IpnState.NeedsMachineAuth;
        WriteNode(writer, map.Self, self: true, now.InMapPoll, apiShown, map.Https);
    }

    private static void WritePeers(Utf8JsonWriter writer, NetworkMap map)
    {
        writer.WriteStartObject("Peer");
        foreach (NodeInfo peer in map.Peers.OrderBy(static peer => peer.Key, StringComparer.Ordinal))
        {
            writer.WritePropertyName(peer.Key);
            WriteNode(writer, peer, self: false, peer.Online, peer.PeerApiPort > 0, map.Https);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("User");
        foreach (UserInfo user in map.Users.OrderBy(static user => user.Id.ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal))
        {
            writer.WritePropertyName(user.Id.ToString(CultureInfo.InvariantCulture));
            user.Write(writer);
        }

        writer.WriteEndObject();
    }

    private static void WriteNode(Utf8JsonWriter writer, NodeInfo? node, bool self, bool online, bool apiShown, bool https)
    {
        writer.WriteStartObject();
        writer.WriteString("ID", node?.StableId ?? "");
        writer.WriteString("PublicKey", node?.Key ?? NoKey);
        writer.WriteString("HostName", node?.HostName ?? Environment.MachineName);
        writer.WriteString("DNSName", node?.Name ?? "");
        writer.WriteString("OS", "linux");
        writer.WriteNumber("UserID", node?.UserId ?? 0);
        writer.WriteTexts("TailscaleIPs", node is null ? null : [node.IPv4, node.IPv6]);
        if (node is not null)
        {
            writer.WriteTexts("AllowedIPs", [node.IPv4 + "/32", node.IPv6 + "/128"]);
            if (node.Tags.Count > 0)
            {
                writer.WriteTexts("Tags", node.Tags);
            }
        }

        writer.WriteTexts("Addrs", self ? node?.Endpoints ?? [] : null);
        writer.WriteString("CurAddr", "");
        writer.WriteString("Relay", node is { Endpoints.Count: > 0 } ? "fra" : "");
        writer.WriteString("PeerRelay", "");
        writer.WriteNumber("RxBytes", 0);
        writer.WriteNumber("TxBytes", 0);
        writer.WriteString("Created", node is null ? GoTime.Zero : GoTime.Format(node.Created));
        writer.WriteString("LastWrite", GoTime.Zero);
        writer.WriteString("LastSeen", !self && !online && node?.LastSeen is { } seen ? GoTime.Format(seen) : GoTime.Zero);
        writer.WriteString("LastHandshake", GoTime.Zero);
        writer.WriteBoolean("Online", online);
        writer.WriteBoolean("ExitNode", false);
        writer.WriteBoolean("ExitNodeOption", false);
        writer.WriteBoolean("Active", false);
        writer.WriteTexts("PeerAPIURL", node is null || !apiShown ? null : PeerApiUrls(node));
        writer.WriteNumber("TaildropTarget", self ? 0 : online ? 9 : 5);
        writer.WriteString("NoFileSharingReason", "");
        if (node is not null)
        {
            writer.WriteTexts("Capabilities", NodeCapabilities.InStatus(self, https));
            NodeCapabilities.WriteMap(writer, self, https, nulls: self);
        }

        writer.WriteBoolean("InNetworkMap", node is not null);
        writer.WriteBoolean("InMagicSock", node is not null && !self);
        writer.WriteBoolean("InEngine", false);
        if (node?.KeyExpiry is { } expiry)
        {
            writer.WriteString("KeyExpiry", GoTime.Format(expiry));
        }

        writer.WriteEndObject();
    }

    private static string[] PeerApiUrls(NodeInfo node)
    {
        string port = node.PeerApiPort.ToString(CultureInfo.InvariantCulture);
        return [$"http://{node.IPv4}:{port}", $"http://[{node.IPv6}]:{port}"];
    }
}
