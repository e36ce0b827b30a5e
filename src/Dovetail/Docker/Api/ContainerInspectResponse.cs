namespace Dovetail.Docker.Api;

/// <summary><c>GET /containers/{id}/json</c>.</summary>
internal sealed record ContainerInspectResponse
{
    public string? Id { get; init; }

    /// <summary>With a leading slash.</summary>
    public string? Name { get; init; }

    /// <summary>RFC 3339 with nanoseconds.</summary>
    public string? Created { get; init; }

    public State? State { get; init; }

    public ContainerConfig? Config { get; init; }

    public HostConfig? HostConfig { get; init; }

    public NetworkSettings? NetworkSettings { get; init; }
}
