namespace Dovetail.Containers;

/// <summary>Where Dovetail runs, seen from the Docker Engine.</summary>
internal enum DovetailLocation
{
    /// <summary>A process on the Engine's host.</summary>
    Host,

    /// <summary>In a container of this Engine, with networks of its own.</summary>
    Container,

    /// <summary>In a container of this Engine, in the host's network.</summary>
    HostNetworkContainer,

    /// <summary>On another machine: the Engine is reached over TCP.</summary>
    OtherMachine,
}
