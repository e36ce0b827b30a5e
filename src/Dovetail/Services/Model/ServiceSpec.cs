using Dovetail.Common;

namespace Dovetail.Services.Model;

/// <summary>
/// One service as the labels of all containers, or a services file, want it: a name on the tailnet, its settings, its upstreams.
/// </summary>
internal sealed record ServiceSpec : ServiceSettings
{
    public ServiceSpec() { }

    /// <summary>A service with these settings.</summary>
    public ServiceSpec(ServiceSettings settings) : base(settings) { }

    /// <summary>Host name on the tailnet: one RFC 1123 label, lower case, 1–63 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is declared, <c>FILE:LINE</c>; null: in labels.</summary>
    public string? Origin { get; init; }

    /// <summary>False: the service is raw TCP only; ports 80 and 443 of its node are free for <see cref="TcpPorts"/>.</summary>
    public bool Http { get; init; } = true;

    /// <summary>Ports on the tailnet that pass raw TCP; sorted.</summary>
    public EquatableArray<int> TcpPorts { get; init; }

    /// <summary>True: no container serves it; Dovetail answers its requests itself.</summary>
    public bool IsOwn { get; init; }

    /// <summary>Containers that serve now, in a stable order; may be empty.</summary>
    public EquatableArray<Upstream> Upstreams { get; init; }

    /// <summary>Containers that should serve but cannot be reached.</summary>
    public EquatableArray<UnreachableContainer> Unreachable { get; init; }

    /// <summary>Containers of the service that do not run.</summary>
    public EquatableArray<ContainerNotRunning> NotRunning { get; init; }

    /// <summary>Containers that do not run and that the next request starts.</summary>
    public EquatableArray<SleepingContainer> Sleeping { get; init; }

    /// <summary>Why its containers could not be stopped for want of requests; null: they could, or it was not their time.</summary>
    public string? SleepFailure { get; init; }

    /// <summary>Whether none of its containers runs and the next request starts them.</summary>
    public bool IsAsleep => Sleeping.Count > 0 && Upstreams.Count == 0 && Unreachable.Count == 0;

    /// <summary>Why there is no upstream, when there is none.</summary>
    public UpstreamAbsence Absence => this switch
    {
        { Sleeping.Count: > 0 } => UpstreamAbsence.Asleep,
        { Unreachable.Count: > 0 } => UpstreamAbsence.Unreachable,
        { NotRunning: [{ State: NotRunningState.Paused }, ..] } => UpstreamAbsence.Paused,
        { NotRunning: [{ State: NotRunningState.Restarting }, ..] } => UpstreamAbsence.Restarting,
        { NotRunning.Count: > 0 } => UpstreamAbsence.Ended,
        _ => UpstreamAbsence.NoContainer,
    };
}

/// <summary>A container that belongs to a service but that Dovetail cannot reach.</summary>
/// <param name="ContainerName">Name of the container; of a further Engine's <c>ENGINE/NAME</c>.</param>
/// <param name="Reason">Which networks each side is on and what to add.</param>
/// <param name="Fix">What to do about it; null: nothing but what the reason says.</param>
internal sealed record UnreachableContainer(string ContainerName, string Reason, string? Fix = null);
