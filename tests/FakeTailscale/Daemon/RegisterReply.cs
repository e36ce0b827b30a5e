using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Network;

namespace FakeTailscale.Daemon;

/// <summary>Control's answer to a registration: exactly one of refused, expired, log in there, or let in.</summary>
internal sealed record RegisterReply
{
    /// <summary>Why the registration is refused; "" when it is not.</summary>
    public string Error { get; init; } = "";

    /// <summary>Where the user logs in; "" when nobody has to.</summary>
    public string AuthUrl { get; init; } = "";

    public bool KeyExpired { get; init; }

    public bool Authorized { get; init; }

    public UserInfo? User { get; init; }

    public string NodeId { get; init; } = "";

    public static RegisterReply Read(ReadOnlyMemory<byte> body)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        JsonElement root = document.RootElement;
        return new RegisterReply
        {
            Error = root.Text("error"),
            AuthUrl = root.Text("authUrl"),
            KeyExpired = root.IsTrue("expired"),
            Authorized = root.IsTrue("authorized"),
            NodeId = root.Text("node"),
            User = root.TryGetProperty("user", out JsonElement user) && user.ValueKind == JsonValueKind.Object ? UserInfo.Read(user) : null,
        };
    }

    public byte[] ToBody() => Json.Line(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("error", Error);
        writer.WriteString("authUrl", AuthUrl);
        writer.WriteBoolean("expired", KeyExpired);
        writer.WriteBoolean("authorized", Authorized);
        writer.WriteString("node", NodeId);
        if (User is not null)
        {
            writer.WritePropertyName("user");
            User.Write(writer);
        }

        writer.WriteEndObject();
    });
}
