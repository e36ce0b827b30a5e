using System.Text.Json;
using System.Text.RegularExpressions;

namespace Dovetail.EndToEndTests.StandIn;

/// <summary>The tree of field names, in order, and value types of a JSON document. Names that are keys or numbers count as one name.</summary>
internal static partial class JsonShape
{
    public static string Of(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return string.Join('\n', Lines(document.RootElement, "").Distinct());
    }

    private static IEnumerable<string> Lines(JsonElement element, string path)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                return element.EnumerateObject().SelectMany(property => Lines(property.Value, $"{path}.{Varying().Replace(property.Name, "*")}")).Prepend($"{path} object");
            case JsonValueKind.Array:
                return element.EnumerateArray().SelectMany(item => Lines(item, path + "[]")).Prepend($"{path} array");
            case JsonValueKind.True or JsonValueKind.False:
                return [$"{path} boolean"];
            default:
                return [$"{path} {element.ValueKind}"];
        }
    }

    [GeneratedRegex(@"^(nodekey:[0-9a-f]+|\d+)$")]
    private static partial Regex Varying();
}
