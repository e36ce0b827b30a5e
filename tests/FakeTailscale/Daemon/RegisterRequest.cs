using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Daemon;

/// <summary>What a daemon asks control for: to be let in with this key.</summary>
internal sealed record RegisterRequest
{
    public required string MachineKey { get; init; }

    public required string NodeKey { get; init; }

    /// <summary>The key that <see cref="NodeKey"/> replaces; "" for none.</summary>
    public string OldNodeKey { get; init; } = "";

    public string AuthKey { get; init; } = "";

    public string Hostname { get; init; } = "";

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The login URL whose completion is waited for; "" for a first request.</summary>
    public string Followup { get; init; } = "";

    public bool Ephemeral { get; init; }

    public bool Logout { get; init; }

    public static RegisterRequest Read(ReadOnlyMemory<byte> body)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        JsonElement root = document.RootElement;
        return new RegisterRequest
        {
            MachineKey = root.Text("machine"),
            NodeKey = root.Text("key"),
            OldNodeKey = root.Text("oldKey"),
            AuthKey = root.Text("auth"),
            Hostname = root.Text("host"),
            Tags = root.Texts("tags"),
            Followup = root.Text("followup"),
            Ephemeral = root.IsTrue("ephemeral"),
            Logout = root.IsTrue("logout"),
        };
    }

    public byte[] ToBody() => Json.Line(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("machine", MachineKey);
        writer.WriteString("key", NodeKey);
        writer.WriteString("oldKey", OldNodeKey);
        writer.WriteString("auth", AuthKey);
        writer.WriteString("host", Hostname);
        writer.WriteTexts("tags", Tags);
        writer.WriteString("followup", Followup);
        writer.WriteBoolean("ephemeral", Ephemeral);
        writer.WriteBoolean("logout", Logout);
        writer.WriteEndObject();
    });
}
