using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Control;

/// <summary>What a control server tells a test of itself, as JSON.</summary>
internal static class RigDocuments
{
    public static byte[] Nodes(TestControlServer server) => Json.Line(writer =>
    {
        writer.WriteStartArray();
        foreach (TailnetNode node in server.Nodes)
        {
            WriteNode(writer, node);
        }

        writer.WriteEndArray();
    });

    public static byte[] Registrations(TestControlServer server) => Json.Line(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("count", server.TotalRegistrations);
        writer.WriteNumber("newNodes", server.NewNodes);
        writer.WriteNumber("requests", server.RegisterAttemptsByHost.Values.Sum());
        WriteCounts(writer, "requestsByHost", server.RegisterAttemptsByHost);
        writer.WriteEndObject();
    });

    public static byte[] Acme(TestControlServer server) => Json.Line(writer =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("issued", server.CertificatesByName.Values.Sum());
        WriteCounts(writer, "issuedByDomain", server.CertificatesByName);
        writer.WriteEndObject();
    });

    private static void WriteNode(Utf8JsonWriter writer, TailnetNode node)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id", node.Id);
        writer.WriteString("stableID", node.StableId);
        writer.WriteString("name", node.DnsName.Split('.')[0]);
        writer.WriteString("fqdn", node.DnsName);
        writer.WriteString("hostname", node.Name);
        writer.WriteTexts("addresses", [node.IPv4, node.IPv6]);
        writer.WriteBoolean("online", node.Online);
        if (node.LastSeen is { } seen)
        {
            writer.WriteString("lastSeen", seen);
        }

        if (node.KeyExpiry is { } expiry)
        {
            writer.WriteString("keyExpiry", expiry);
        }

        writer.WriteBoolean("expired", node.KeyExpiry <= TimeProvider.System.GetUtcNow());
        writer.WriteTexts("tags", node.Tags);
        writer.WriteBoolean("machineAuthorized", node.Approved);
        writer.WriteBoolean("ephemeral", node.Ephemeral);
        writer.WriteString("user", node.User);
        writer.WriteString("key", node.Key);
        writer.WriteNumber("registrations", node.RegistrationCount);
        writer.WriteEndObject();
    }

    private static void WriteCounts(Utf8JsonWriter writer, string name, IReadOnlyDictionary<string, int> counts)
    {
        writer.WriteStartObject(name);
        foreach ((string key, int count) in counts)
        {
            writer.WriteNumber(key, count);
        }

        writer.WriteEndObject();
    }
}
