namespace Dovetail.Docker.Api;

internal sealed record NetworkSettings
{
    /// <summary>By <c>port/protocol</c>; null for a port that is only exposed. Absent in list entries.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<PortBinding>?>? Ports { get; init; }

    /// <summary>By name of the network.</summary>
    public IReadOnlyDictionary<string, EndpointSettings?>? Networks { get; init; }
}
