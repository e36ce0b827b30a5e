namespace Dovetail.Services.Model;

/// <summary>A container of a service that does not run.</summary>
/// <param name="ContainerName">Name of the container; of a further Engine's <c>ENGINE/NAME</c>.</param>
/// <param name="ExitCode">Of its last run; of no meaning while it is paused.</param>
/// <param name="IsOutOfMemory">Whether the kernel ended its last run for want of memory.</param>
internal sealed record ContainerNotRunning(string ContainerName, NotRunningState State, int ExitCode = 0, bool IsOutOfMemory = false);

/// <summary>Why a container does not run.</summary>
internal enum NotRunningState
{
    Paused,

    /// <summary>It ended, and waits for its restart policy.</summary>
    Restarting,
    Ended,

    /// <summary>Docker began to remove it and could not.</summary>
    Dead,
}

/// <summary>Why a service has no upstream.</summary>
internal enum UpstreamAbsence
{
    /// <summary>No container wants it, or its container is gone.</summary>
    NoContainer,

    /// <summary>Its container runs, but there is no way to it.</summary>
    Unreachable,
    Paused,
    Restarting,
    Ended,

    /// <summary>The next request starts its container.</summary>
    Asleep,
}
