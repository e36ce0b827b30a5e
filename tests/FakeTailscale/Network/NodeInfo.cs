using System.Globalization;
using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Network;

/// <summary>A node as control announces it, to itself and to its peers.</summary>
internal sealed record NodeInfo
{
    /// <summary>Counts from 1; the addresses follow from it.</summary>
    public required long Id { get; init; }

    /// <summary>The full name with its final dot; may differ from the host name asked for.</summary>
    public required string Name { get; init; }

    public required string HostName { get; init; }

    public required long UserId { get; init; }

    /// <summary><c>nodekey:</c> and 64 hexadecimal digits.</summary>
    public required string Key { get; init; }

    public required string MachineKey { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>Null for tagged nodes, which do not expire.</summary>
    public DateTimeOffset? KeyExpiry { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public bool Online { get; init; }

    public DateTimeOffset? LastSeen { get; init; }

    public bool Authorized { get; init; } = true;

    /// <summary>What the daemon told about itself at its last map poll; empty before the first.</summary>
    public string DiscoKey { get; init; } = "";

    /// <summary>Differs for every daemon process, so that peers see a restart.</summary>
    public string Instance { get; init; } = "";

    public int PeerApiPort { get; init; }

    /// <summary>Where the daemon takes connections of its peers, best first.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = [];

    public string StableId => "TESTCTRL" + Id.ToString("x8", CultureInfo.InvariantCulture);

    public string IPv4 => TailnetAddress.IPv4(Id);

    public string IPv6 => TailnetAddress.IPv6(Id);

    /// <summary>The name without its final dot, as certificates and MagicDNS use it.</summary>
    public string DnsName => Name.TrimEnd('.');

    public string ShortName => Name.Split('.')[0];

    public bool IsExpired(DateTimeOffset now) => KeyExpiry is { } expiry && expiry <= now;

    public static NodeInfo Read(JsonElement element) => new()
    {
        Id = element.Number("id"),
        Name = element.Text("name"),
        HostName = element.Text("host"),
        UserId = element.Number("user"),
        Key = element.Text("key"),
        MachineKey = element.Text("machine"),
        Created = element.Time("created") ?? default,
        KeyExpiry = element.Time("expiry"),
        Tags = element.Texts("tags"),
        Online = element.IsTrue("online"),
        LastSeen = element.Time("seen"),
        Authorized = element.IsTrue("authorized"),
        DiscoKey = element.Text("disco"),
        Instance = element.Text("instance"),
        PeerApiPort = (int)element.Number("peerapi"),
        Endpoints = element.Texts("endpoints"),
    };

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("id", Id);
        writer.WriteString("name", Name);
        writer.WriteString("host", HostName);
        writer.WriteNumber("user", UserId);
        writer.WriteString("key", Key);
        writer.WriteString("machine", MachineKey);
        writer.WriteString("created", GoTime.Format(Created));
        if (KeyExpiry is { } expiry)
        {
            writer.WriteString("expiry", GoTime.Format(expiry));
        }

        writer.WriteTexts("tags", Tags);
        writer.WriteBoolean("online", Online);
        if (LastSeen is { } seen)
        {
            writer.WriteString("seen", GoTime.Format(seen));
        }

        writer.WriteBoolean("authorized", Authorized);
        writer.WriteString("disco", DiscoKey);
        writer.WriteString("instance", Instance);
        writer.WriteNumber("peerapi", PeerApiPort);
        writer.WriteTexts("endpoints", Endpoints);
        writer.WriteEndObject();
    }
}
