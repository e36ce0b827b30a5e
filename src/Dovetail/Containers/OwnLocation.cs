using Dovetail.Common;

namespace Dovetail.Containers;

/// <summary>Where Dovetail runs and how the Engine's host looks from there. Compares by content.</summary>
internal sealed record OwnLocation
{
    /// <summary>Dovetail as a process on the Engine's host.</summary>
    public static OwnLocation OnHost { get; } =
        new() { Location = DovetailLocation.Host, Gateway = "127.0.0.1", IPv6Gateway = "::1" };

    /// <summary>Dovetail in a container of another Engine on the same machine: it reaches the host, but none of its networks.</summary>
    /// <param name="home">As that other Engine sees it; null: it has not been listed yet.</param>
    public static OwnLocation BesideEngine(OwnLocation? home) =>
        new() { Location = DovetailLocation.BesideEngine, Gateway = home?.Gateway, IPv6Gateway = home?.IPv6Gateway };

    public required DovetailLocation Location { get; init; }

    /// <summary>Name of Dovetail's own container; null when it runs in none.</summary>
    public string? ContainerName { get; init; }

    /// <summary>
    /// Id of the container that owns the network namespace Dovetail runs in: its own, or X with <c>network_mode: container:X</c>.
    /// </summary>
    public string? NetworkContainerId { get; init; }

    /// <summary>Networks that Dovetail itself is on, sorted by name; empty unless <see cref="Location"/> is Container.</summary>
    public EquatableArray<ContainerNetwork> Networks { get; init; }

    /// <summary>IPv4 address or host name under which Dovetail reaches the Engine's host; null when there is none.</summary>
    public string? Gateway { get; init; }

    /// <summary>The same over IPv6.</summary>
    public string? IPv6Gateway { get; init; }

    /// <summary>
    /// Whether the Engine is rootless: its networks are in a namespace of their own, where no address is reached from the host.
    /// </summary>
    public bool IsRootless { get; init; }

    /// <summary>Whether Dovetail is in the host's network namespace, so that 127.0.0.1 is the host.</summary>
    public bool IsInHostNetwork => Location is DovetailLocation.Host or DovetailLocation.HostNetworkContainer;
}

/// <summary>Where Dovetail runs, seen from the Docker Engine.</summary>
internal enum DovetailLocation
{
    /// <summary>A process on the Engine's host.</summary>
    Host,

    /// <summary>In a container of this Engine, with networks of its own.</summary>
    Container,

    /// <summary>In a container of this Engine, in the host's network.</summary>
    HostNetworkContainer,

    /// <summary>On another machine: the Engine is reached over TCP or SSH.</summary>
    OtherMachine,

    /// <summary>In a container of another Engine on the same machine.</summary>
    BesideEngine,
}
