namespace Dovetail.Docker.Api;

internal sealed record HostConfig
{
    public string? NetworkMode { get; init; }
}
