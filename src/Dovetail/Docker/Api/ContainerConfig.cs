using System.Text.Json;

namespace Dovetail.Docker.Api;

internal sealed record ContainerConfig
{
    public string? Hostname { get; init; }

    public IReadOnlyDictionary<string, string?>? Labels { get; init; }

    /// <summary>Name, with or without <c>SIG</c>, or number; null or empty: SIGTERM.</summary>
    public string? StopSignal { get; init; }

    /// <summary>Seconds that <c>docker stop</c> waits before it kills; null: 10.</summary>
    public int? StopTimeout { get; init; }

    /// <summary>By <c>port/protocol</c>; the values are empty objects.</summary>
    public IReadOnlyDictionary<string, JsonElement>? ExposedPorts { get; init; }
}
