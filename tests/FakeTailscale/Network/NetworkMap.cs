using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Network;

/// <summary>What control tells one node about its tailnet.</summary>
internal sealed record NetworkMap
{
    public required NodeInfo Self { get; init; }

    /// <summary>By node ID.</summary>
    public required IReadOnlyList<NodeInfo> Peers { get; init; }

    public required IReadOnlyList<UserInfo> Users { get; init; }

    /// <summary>App capabilities by the node key of the peer that has them; the values are JSON arrays or null.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Capabilities { get; init; }

    /// <summary>The tailnet's name: a domain or a login.</summary>
    public required string Domain { get; init; }

    /// <summary>The MagicDNS suffix, without dots at either end.</summary>
    public required string Suffix { get; init; }

    /// <summary>True when the tailnet issues certificates.</summary>
    public required bool Https { get; init; }

    /// <summary>What peers must show each other.</summary>
    public required string Secret { get; init; }

    /// <summary>Directory URL of the certificate authority.</summary>
    public required string AcmeUrl { get; init; }

    /// <summary>What the node's daemon answers to whois; empty: as it should. Only tests set it.</summary>
    public string WhoIsError { get; init; } = "";

    public IReadOnlyList<string> CertDomains => Https ? [Self.DnsName] : [];

    public IEnumerable<NodeInfo> Nodes => Peers.Append(Self);

    public UserInfo User(long id) => Users.FirstOrDefault(user => user.Id == id) ?? UserInfo.TaggedDevices;

    public NodeInfo? FindByAddress(string address) => Nodes.FirstOrDefault(node => node.IPv4 == address || node.IPv6 == address);

    public NodeInfo? FindByName(string name)
    {
        string wanted = name.TrimEnd('.');
        return Nodes.FirstOrDefault(node => wanted.Equals(node.DnsName, StringComparison.OrdinalIgnoreCase)
            || wanted.Equals(node.DnsName[..^(Suffix.Length + 1)], StringComparison.OrdinalIgnoreCase));
    }

    public static NetworkMap Read(ReadOnlyMemory<byte> line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement root = document.RootElement;
        return new NetworkMap
        {
            Self = NodeInfo.Read(root.GetProperty("self")),
            Peers = [.. root.GetProperty("peers").EnumerateArray().Select(NodeInfo.Read)],
            Users = [.. root.GetProperty("users").EnumerateArray().Select(UserInfo.Read)],
            Capabilities = root.GetProperty("caps").EnumerateObject().ToDictionary(
                static peer => peer.Name,
                static peer =>
                    (IReadOnlyDictionary<string, string>)peer.Value.EnumerateObject()
                        .ToDictionary(static cap => cap.Name, static cap => cap.Value.GetRawText())),
            Domain = root.Text("domain"),
            Suffix = root.Text("suffix"),
            Https = root.IsTrue("https"),
            Secret = root.Text("secret"),
            AcmeUrl = root.Text("acme"),
            WhoIsError = root.Text("whoIsError"),
        };
    }

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("self");
        Self.Write(writer);
        writer.WriteStartArray("peers");
        foreach (NodeInfo peer in Peers)
        {
            peer.Write(writer);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("users");
        foreach (UserInfo user in Users)
        {
            user.Write(writer);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("caps");
        foreach ((string key, IReadOnlyDictionary<string, string> capabilities) in Capabilities)
        {
            writer.WritePropertyName(key);
            WriteCapabilities(writer, capabilities);
        }

        writer.WriteEndObject();
        writer.WriteString("domain", Domain);
        writer.WriteString("suffix", Suffix);
        writer.WriteBoolean("https", Https);
        writer.WriteString("secret", Secret);
        writer.WriteString("acme", AcmeUrl);
        writer.WriteString("whoIsError", WhoIsError);
        writer.WriteEndObject();
    }

    /// <summary>App capabilities as an object, in the order of their names.</summary>
    public static void WriteCapabilities(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> capabilities)
    {
        writer.WriteStartObject();
        foreach ((string name, string values) in capabilities.OrderBy(static cap => cap.Key, StringComparer.Ordinal))
        {
            writer.WritePropertyName(name);
            using JsonDocument parsed = JsonDocument.Parse(values);
            parsed.RootElement.WriteTo(writer);
        }

        writer.WriteEndObject();
    }
}
