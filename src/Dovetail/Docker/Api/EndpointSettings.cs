namespace Dovetail.Docker.Api;

/// <summary>A container's end of a network; every address is empty while the container does not run.</summary>
internal sealed record EndpointSettings
{
    public string? NetworkID { get; init; }

    public string? IPAddress { get; init; }

    public string? Gateway { get; init; }

    public string? GlobalIPv6Address { get; init; }

    public string? IPv6Gateway { get; init; }
}
