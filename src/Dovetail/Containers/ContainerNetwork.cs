namespace Dovetail.Containers;

/// <summary>A container's place on one Docker network.</summary>
internal sealed record ContainerNetwork
{
    public required string Name { get; init; }

    /// <summary>Id of the network; empty while the container is not attached.</summary>
    public string Id { get; init; } = "";

    /// <summary><c>bridge</c>, <c>overlay</c>, <c>macvlan</c>, <c>ipvlan</c> or another; null when the Engine does not show it.</summary>
    public string? Driver { get; init; }

    /// <summary>Whether it is the network by which a swarm publishes ports on all its nodes.</summary>
    public bool IsIngress { get; init; }

    /// <summary>Null when the network has no IPv4 or the container does not run.</summary>
    public string? IPv4 { get; init; }

    /// <summary>Global IPv6 address without brackets; null when the network has none or the container does not run.</summary>
    public string? IPv6 { get; init; }

    /// <summary>IPv4 gateway of the network; on a bridge network this is the host.</summary>
    public string? Gateway { get; init; }

    /// <summary>IPv6 gateway of the network.</summary>
    public string? IPv6Gateway { get; init; }

    /// <summary>The address to connect to: IPv4 when there is one.</summary>
    public string? Address => IPv4 ?? IPv6;

    /// <summary>The IPv6 address where <see cref="Address"/> is an IPv4 one; null: there is no other.</summary>
    public string? SecondAddress => IPv4 is null ? null : IPv6;

    /// <summary>Whether the host itself is on it: of Docker's own drivers bridge alone gives the host an address there.</summary>
    public bool IsOnHost => Driver is null or "bridge";

    /// <summary>Whether its containers are on the network of one of the host's cards, where the kernel keeps the host from them.</summary>
    public bool IsOnCard => Driver is "macvlan" or "ipvlan";

    /// <summary>Whether both sides are on the same network.</summary>
    public bool IsSameAs(ContainerNetwork other) => Id.Length > 0 && other.Id.Length > 0 ? Id == other.Id : Name == other.Name;
}
