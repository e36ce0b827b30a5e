using System.Text.Json;
using System.Text.RegularExpressions;

namespace FakeTailscale.Tests;

/// <summary>
/// The tree of field names, in order, and value types of a JSON document. Names that are keys or numbers count as one name.
/// </summary>
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
                // Of values that differ in optional fields, those with the rarer ones come first, whatever their keys are.
                IEnumerable<string[]> fixedOnes = element.EnumerateObject()
                    .Where(static property => !Varying().IsMatch(property.Name))
                    .Select(property => Lines(property.Value, $"{path}.{property.Name}").ToArray());
                IEnumerable<string[]> varying = element.EnumerateObject()
                    .Where(static property => Varying().IsMatch(property.Name))
                    .Select(property => Lines(property.Value, path + ".*").ToArray())
                    .OrderByDescending(static lines => string.Join('\n', lines), StringComparer.Ordinal);
                return fixedOnes.Concat(varying).SelectMany(static lines => lines).Prepend($"{path} object");
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
