using System.Text.Json;

namespace Dovetail.Docker.Api;

internal sealed record ContainerConfig
{
    public string? Hostname { get; init; }

    public IReadOnlyDictionary<string, string?>? Labels { get; init; }

    /// <summary>By <c>port/protocol</c>; the values are empty objects.</summary>
    public IReadOnlyDictionary<string, JsonElement>? ExposedPorts { get; init; }
}
