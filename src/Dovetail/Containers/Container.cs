using Dovetail.Common;

namespace Dovetail.Containers;

/// <summary>One container, with all that the later stages look at. Compares by content.</summary>
internal sealed record Container
{
    public static readonly TimeSpan DefaultStopTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Full id, 64 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Name without Docker's leading slash. Of its Engine only: containers of two Engines may have the same.</summary>
    public required string Name { get; init; }

    /// <summary>Which further Engine it is of, by its name in the configuration; null: that of <c>DOCKER_HOST</c>.</summary>
    public string? Engine { get; init; }

    /// <summary>As a person reads its name: <c>ENGINE/NAME</c> where it is of a further Engine.</summary>
    public string Title => Engine is null ? Name : $"{Engine}/{Name}";

    /// <summary>When the container was created; precise to 100 ns where the Engine could be asked for details.</summary>
    public DateTimeOffset Created { get; init; }

    public ContainerState State { get; init; }

    /// <summary>When its last run began; the default: never, or not known.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>When its last run ended; the default while it runs, and when that is not known.</summary>
    public DateTimeOffset FinishedAt { get; init; }

    /// <summary>Exit code of its last run; 0 while it runs.</summary>
    public int ExitCode { get; init; }

    /// <summary>Whether the kernel ended its last run for want of memory.</summary>
    public bool IsOutOfMemory { get; init; }

    public ContainerHealth Health { get; init; }

    /// <summary>It has been told to stop and has not ended yet.</summary>
    public bool IsStopping { get; init; }

    /// <summary>Number of the signal that <c>docker stop</c> sends.</summary>
    public int StopSignal { get; init; } = Containers.StopSignal.Terminate;

    /// <summary>How long <c>docker stop</c> waits before it kills.</summary>
    public TimeSpan StopTimeout { get; init; } = DefaultStopTimeout;

    /// <summary>All labels, sorted by key (ordinal).</summary>
    public EquatableArray<ContainerLabel> Labels { get; init; }

    /// <summary><c>default</c>, <c>bridge</c>, <c>host</c>, <c>none</c>, <c>container:ID</c> or a network's name.</summary>
    public string NetworkMode { get; init; } = "default";

    /// <summary>Sorted by name (ordinal).</summary>
    public EquatableArray<ContainerNetwork> Networks { get; init; }

    /// <summary>TCP ports that the image or <c>expose:</c> names, or that are published; ascending.</summary>
    public EquatableArray<int> ExposedTcpPorts { get; init; }

    /// <summary>Sorted by container port, then host address and port.</summary>
    public EquatableArray<PublishedPort> PublishedTcpPorts { get; init; }

    public bool UsesHostNetwork => NetworkMode == "host";

    /// <summary>Whether it runs, is between two runs, or is paused.</summary>
    public bool IsAlive => State is ContainerState.Running or ContainerState.Restarting or ContainerState.Paused;

    /// <summary>Whether it is of <c>docker compose run</c>: it has its service's labels, but is none of its replicas.</summary>
    public bool IsOneOff => string.Equals(Label(WellKnownLabels.ComposeOneOff), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Id (or name) of the container whose network this one uses; null when it has its own.</summary>
    public string? NetworkContainer =>
        NetworkMode.StartsWith(NetworkContainerPrefix, StringComparison.Ordinal) ? NetworkMode[NetworkContainerPrefix.Length..] : null;

    private const string NetworkContainerPrefix = "container:";

    /// <summary>Whether this is its full id, its name, or the beginning of its id, as short as Docker shows ids.</summary>
    public bool IsCalled(string idOrName) =>
        Name == idOrName || (idOrName.Length >= ShortIdLength && Id.StartsWith(idOrName, StringComparison.Ordinal));

    private const int ShortIdLength = 12;

    /// <summary>The label's value, or null.</summary>
    public string? Label(string key)
    {
        foreach (var label in Labels)
        {
            if (label.Key == key)
            {
                return label.Value;
            }
        }

        return null;
    }
}

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

/// <summary>What the container's HEALTHCHECK says.</summary>
internal enum ContainerHealth
{
    /// <summary>The container has no HEALTHCHECK.</summary>
    None,
    Starting,
    Healthy,
    Unhealthy,
}

/// <summary>One label of a container, as it was written.</summary>
internal readonly record struct ContainerLabel(string Key, string Value);

/// <summary>A TCP port of a container that is published on its host.</summary>
/// <param name="ContainerPort">1–65535.</param>
/// <param name="HostIp">The address it is bound to: <c>0.0.0.0</c>, <c>::</c> or one of the host's.</param>
/// <param name="HostPort">1–65535.</param>
internal sealed record PublishedPort(int ContainerPort, string HostIp, int HostPort);
