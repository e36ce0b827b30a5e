using System.Text.Json.Serialization;

namespace Dovetail.Docker.Api;

internal sealed record ErrorResponse
{
    [JsonPropertyName("message")]
    public string? Message { get; init; }
}
