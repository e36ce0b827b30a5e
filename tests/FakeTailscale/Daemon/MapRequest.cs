using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Daemon;

/// <summary>What a daemon tells about itself when it asks for its network map.</summary>
internal sealed record MapRequest
{
    public required string NodeKey { get; init; }

    public required string Hostname { get; init; }

    public required string DiscoKey { get; init; }

    public required string Instance { get; init; }

    /// <summary>Port on which peers reach the daemon.</summary>
    public required int UnderlayPort { get; init; }

    public required int PeerApiPort { get; init; }

    /// <summary>True to keep the map coming; false for one map, without being online.</summary>
    public bool Stream { get; init; } = true;

    public static MapRequest Read(ReadOnlyMemory<byte> body)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        JsonElement root = document.RootElement;
        return new MapRequest
        {
            NodeKey = root.Text("key"),
            Hostname = root.Text("host"),
            DiscoKey = root.Text("disco"),
            Instance = root.Text("instance"),
            UnderlayPort = (int)root.Number("port"),
            PeerApiPort = (int)root.Number("peerapi"),
            Stream = root.IsTrue("stream"),
        };
    }

    public byte[] ToBody() => Json.Line(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("key", NodeKey);
        writer.WriteString("host", Hostname);
        writer.WriteString("disco", DiscoKey);
        writer.WriteString("instance", Instance);
        writer.WriteNumber("port", UnderlayPort);
        writer.WriteNumber("peerapi", PeerApiPort);
        writer.WriteBoolean("stream", Stream);
        writer.WriteEndObject();
    });
}
