using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

internal sealed class PresenceConverter : JsonConverter<Presence>
{
    public override bool HandleNull => true;

    public override Presence Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var isSet = reader.TokenType != JsonTokenType.Null;
        reader.Skip();
        return new Presence(isSet);
    }

    public override void Write(Utf8JsonWriter writer, Presence value, JsonSerializerOptions options) => writer.WriteBooleanValue(value.IsSet);
}
