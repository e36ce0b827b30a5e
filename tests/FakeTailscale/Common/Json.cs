using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FakeTailscale.Common;

/// <summary>JSON as Go writes it: tabs or spaces, non-ASCII as it is.</summary>
internal static class Json
{
    private static readonly JsonWriterOptions Compact =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly JsonWriterOptions Tabs =
        Compact with { Indented = true, IndentCharacter = '\t', IndentSize = 1, NewLine = "\n" };
    private static readonly JsonWriterOptions Spaces =
        Compact with { Indented = true, IndentCharacter = ' ', IndentSize = 2, NewLine = "\n" };

    public static byte[] Line(Action<Utf8JsonWriter> write) => Write(Compact, write);

    public static byte[] Tabbed(Action<Utf8JsonWriter> write) => Write(Tabs, write);

    public static byte[] Spaced(Action<Utf8JsonWriter> write) => Write(Spaces, write);

    /// <summary>The same document with two-space indentation, as the CLI prints it.</summary>
    public static byte[] Spaced(ReadOnlyMemory<byte> document)
    {
        using JsonDocument parsed = JsonDocument.Parse(document);
        return Spaced(parsed.RootElement.WriteTo);
    }

    /// <summary>The text of a property, or "" when it is missing or not a string.</summary>
    public static string Text(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    public static bool IsTrue(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    public static long Number(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : 0;

    /// <summary>The strings of an array property; empty when it is missing or null.</summary>
    public static string[] Texts(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(static item => item.GetString() ?? "")]
            : [];

    public static DateTimeOffset? Time(this JsonElement element, string name) =>
        element.Text(name) is { Length: > 0 } text ? GoTime.Parse(text) : null;

    /// <summary>An array of strings; null for null.</summary>
    public static void WriteTexts(this Utf8JsonWriter writer, string name, IEnumerable<string>? texts)
    {
        if (texts is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartArray(name);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static byte[] Write(JsonWriterOptions options, Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter writer = new(buffer, options))
        {
            write(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
