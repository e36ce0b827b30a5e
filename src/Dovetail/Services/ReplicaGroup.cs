using Dovetail.Containers;

namespace Dovetail.Services;

/// <summary>Tells which containers are replicas of one Compose or Swarm service.</summary>
internal static class ReplicaGroup
{
    /// <summary>Whether both may serve under one name.</summary>
    public static bool MayShare(ServiceClaim first, ServiceClaim second) =>
        (first.Service.LoadBalance && second.Service.LoadBalance)
        || (first.Entry is { } entry
            ? ReferenceEquals(entry, second.Entry)
            : Key(first.Container) is { } key && key == Key(second.Container));

    // Two Engines may each have a project or a service of the same name.
    private static (string? Engine, string Kind, string First, string Second)? Key(Container container)
    {
        if (container.Label(WellKnownLabels.SwarmServiceId) is { Length: > 0 } swarm)
        {
            return (container.Engine, "swarm", swarm, "");
        }

        return !container.IsOneOff
            && container.Label(WellKnownLabels.ComposeProject) is { Length: > 0 } project
            && container.Label(WellKnownLabels.ComposeService) is { Length: > 0 } service
            ? (container.Engine, "compose", project, service)
            : null;
    }
}
