using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Network;

namespace FakeTailscale.Daemon;

/// <summary>A notification: what did not change is null, in the order of fields of bus-fresh-login.ndjson.</summary>
internal sealed record BusMessage
{
    private static readonly byte[] EngineDocument = """{"RBytes":0,"WBytes":0,"NumLive":0,"LiveDERPs":1,"LivePeers":{}}"""u8.ToArray();

    public string? SessionId { get; init; }

    public string? ErrMessage { get; init; }

    public bool LoginFinished { get; init; }

    public IpnState? State { get; init; }

    public Prefs? Prefs { get; init; }

    public NetworkMap? NetMap { get; init; }

    /// <summary>This node's own part of a new network map.</summary>
    public NetworkMap? SelfChange { get; init; }

    public bool Engine { get; init; }

    public string? BrowseToUrl { get; init; }

    public bool DriveShares { get; init; }

    /// <summary>A document of <see cref="HealthTracker"/>.</summary>
    public byte[]? Health { get; init; }

    /// <summary>A new network map, as this release tells it.</summary>
    public static BusMessage OfMap(NetworkMap map) =>
        StandInVersion.TellsNetMap ? new BusMessage { NetMap = map } : new BusMessage { SelfChange = map };

    /// <summary>One line of JSON with its end.</summary>
    public byte[] ToLine() => [.. Json.Line(Write), (byte)'\n'];

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("Version", StandInVersion.Long);
        if (SessionId is not null)
        {
            writer.WriteString("SessionID", SessionId);
        }

        writer.WriteString("ErrMessage", ErrMessage);
        writer.WritePropertyName("LoginFinished");
        writer.WriteRawValue(LoginFinished ? "{}" : "null");
        writer.WritePropertyName("State");
        writer.WriteRawValue(State is { } state ? ((int)state).ToString(System.Globalization.CultureInfo.InvariantCulture) : "null");
        writer.WritePropertyName("Prefs");
        if (Prefs is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            Prefs.Write(writer);
        }

        writer.WritePropertyName("NetMap");
        if (NetMap is null)
        {
            writer.WriteNullValue();
        }
        else
        {
            NetMapDocument.Write(writer, NetMap);
        }

        writer.WritePropertyName("Engine");
        writer.WriteRawValue(Engine ? EngineDocument : "null"u8);
        writer.WriteString("BrowseToURL", BrowseToUrl);
        writer.WritePropertyName("DriveShares");
        writer.WriteRawValue(DriveShares ? "[]" : "null");
        if (SelfChange is not null)
        {
            writer.WritePropertyName("SelfChange");
            NodeDocument.Write(writer, SelfChange.Self, self: true, SelfChange.Https, nullCapabilities: false);
        }

        if (Health is not null)
        {
            writer.WritePropertyName("Health");
            writer.WriteRawValue(Health);
        }

        writer.WriteEndObject();
    }
}
