using System.Text.Json.Serialization;

namespace Dovetail.Admin;

/// <summary>The admin API's documents.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(HealthDocument))]
internal sealed partial class AdminJson : JsonSerializerContext;
