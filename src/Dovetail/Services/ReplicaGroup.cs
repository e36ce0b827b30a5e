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

    /// <summary>Whether the container is of <c>docker compose run</c>: it has its service's labels, but is none of its replicas.</summary>
    public static bool IsOneOff(Container container) =>
        string.Equals(container.Label(WellKnownLabels.ComposeOneOff), "true", StringComparison.OrdinalIgnoreCase);

    private static (string Kind, string First, string Second)? Key(Container container)
    {
        if (container.Label(WellKnownLabels.SwarmServiceId) is { Length: > 0 } swarm)
        {
            return ("swarm", swarm, "");
        }

        return !IsOneOff(container)
            && container.Label(WellKnownLabels.ComposeProject) is { Length: > 0 } project
            && container.Label(WellKnownLabels.ComposeService) is { Length: > 0 } service
            ? ("compose", project, service)
            : null;
    }
}
