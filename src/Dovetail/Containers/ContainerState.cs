namespace Dovetail.Containers;

/// <summary>State of a container as the Engine names it.</summary>
internal enum ContainerState
{
    /// <summary>A state that this client does not know.</summary>
    Unknown,
    Created,
    Running,
    Paused,

    /// <summary>Between two runs, waiting for its restart policy.</summary>
    Restarting,
    Removing,
    Exited,
    Dead,
}
