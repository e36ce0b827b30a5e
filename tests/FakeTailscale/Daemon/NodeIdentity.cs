using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Network;

namespace FakeTailscale.Daemon;

/// <summary>What a login gives a profile (<c>Config</c> in its preferences). The keys are only names here, not cryptography.</summary>
internal sealed record NodeIdentity(string NodeKey, string NodeId, UserInfo User)
{
    private static readonly string NoPrivateKey = "privkey:" + new string('0', 64);
    private static readonly string NoLockKey = "nlpriv:" + new string('0', 128);

    public static string NewKey(string kind) => $"{kind}:{Native.RandomHex(32)}";

    public static NodeIdentity? Read(JsonElement config) => config.ValueKind != JsonValueKind.Object
        ? null
        : new(
            config.Text("PrivateNodeKey").Replace("privkey:", "nodekey:", StringComparison.Ordinal),
            config.Text("NodeID"),
            UserInfo.Read(config.GetProperty("UserProfile")));

    /// <param name="secret">True for the state file; everybody else sees zeros for keys.</param>
    public void Write(Utf8JsonWriter writer, bool secret)
    {
        writer.WriteStartObject();
        writer.WriteString("PrivateNodeKey", secret ? NodeKey.Replace("nodekey:", "privkey:", StringComparison.Ordinal) : NoPrivateKey);
        writer.WriteString("OldPrivateNodeKey", NoPrivateKey);
        writer.WritePropertyName("UserProfile");
        User.Write(writer);
        writer.WriteString("NetworkLockKey", NoLockKey);
        writer.WriteString("NodeID", NodeId);
        writer.WriteEndObject();
    }
}
