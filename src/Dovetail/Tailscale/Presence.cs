using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

/// <summary>Whether a JSON property was there and not null, without its value.</summary>
/// <param name="IsSet">True when there was a value.</param>
[JsonConverter(typeof(PresenceConverter))]
internal readonly record struct Presence(bool IsSet);

internal sealed class PresenceConverter : JsonConverter<Presence>
{
    public override bool HandleNull => true;

    public override Presence Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var isSet = reader.TokenType != JsonTokenType.Null;
        // Not Skip, which refuses to work on a stream; the serializer has the whole value at hand here.
        _ = reader.TrySkip();
        return new Presence(isSet);
    }

    public override void Write(Utf8JsonWriter writer, Presence value, JsonSerializerOptions options) =>
        writer.WriteBooleanValue(value.IsSet);
}
