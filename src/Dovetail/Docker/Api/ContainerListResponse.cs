namespace Dovetail.Docker.Api;

/// <summary>An entry of <c>GET /containers/json</c>.</summary>
internal sealed record ContainerListResponse
{
    public string? Id { get; init; }

    public IReadOnlyList<string>? Names { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public long Created { get; init; }

    public string? State { get; init; }

    /// <summary>For people: <c>Up 3 minutes (healthy)</c>.</summary>
    public string? Status { get; init; }

    public IReadOnlyDictionary<string, string?>? Labels { get; init; }

    public IReadOnlyList<Port>? Ports { get; init; }

    public HostConfig? HostConfig { get; init; }

    public NetworkSettings? NetworkSettings { get; init; }
}
