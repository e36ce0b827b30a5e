using Dovetail.Common;

namespace Dovetail.Services.Model;

/// <summary>One container as Dovetail reaches it for one service.</summary>
internal sealed record Upstream
{
    /// <summary>Full Docker id of the container; tells upstreams of one service apart.</summary>
    public required string ContainerId { get; init; }

    /// <summary>Name of the container without Docker's leading slash.</summary>
    public required string ContainerName { get; init; }

    public required UpstreamScheme Scheme { get; init; }

    /// <summary>IP address (IPv6 without brackets) or host name for HTTP; of a service without HTTP, that of its first TCP port.</summary>
    public required string Host { get; init; }

    /// <summary>Port at <see cref="Host"/>, 1–65535.</summary>
    public required int Port { get; init; }

    public UpstreamHealth Health { get; init; }

    /// <summary>Which rule of DESIGN §4 chose this address and why, for <c>dovetail status</c>.</summary>
    public required string Route { get; init; }

    /// <summary>The same container for each <c>dovetail.tcp.N</c>.</summary>
    public EquatableArray<TcpUpstream> Tcp { get; init; }
}
