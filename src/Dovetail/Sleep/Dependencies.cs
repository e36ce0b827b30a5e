using Dovetail.Containers;

namespace Dovetail.Sleep;

/// <summary>One service of a Compose project on which another depends.</summary>
/// <param name="Service">Its name in the Compose file.</param>
internal readonly record struct Dependency(string Service, DependencyCondition Condition);

/// <summary>What has to be the case of a dependency before the container that needs it is started.</summary>
internal enum DependencyCondition
{
    /// <summary>It runs.</summary>
    Started,

    /// <summary>Its HEALTHCHECK says that it is healthy.</summary>
    Healthy,

    /// <summary>It has ended with exit code 0, now or before.</summary>
    Completed,
}

/// <summary>Which containers depend on which, by the labels that Compose gives them.</summary>
internal static class Dependencies
{
    /// <summary>What a container depends on, in the order that Compose names it; entries that cannot be read are left out.</summary>
    public static IReadOnlyList<Dependency> Of(Container container) =>
    [
        .. from entry in (container.Label(WellKnownLabels.ComposeDependsOn) ?? "").Split(',', StringSplitOptions.TrimEntries)
           let parts = entry.Split(':')
           where parts[0].Length > 0
           select new Dependency(parts[0], ConditionOf(parts.ElementAtOrDefault(1))),
    ];

    /// <summary>The containers of a service in the project of <paramref name="dependent"/>; none where it has no project.</summary>
    public static IReadOnlyList<Container> Find(IEnumerable<Container> all, Container dependent, string service) =>
        dependent.Label(WellKnownLabels.ComposeProject) is { Length: > 0 } project
            ? [
                .. all.Where(container => container.Label(WellKnownLabels.ComposeProject) == project
                        && container.Label(WellKnownLabels.ComposeService) == service
                        && !container.IsOneOff)
                    .OrderBy(static container => container.Name, StringComparer.Ordinal),
            ]
            : [];

    /// <summary>The first running container that cannot do without <paramref name="container"/>; null: there is none.</summary>
    public static Container? FirstDependent(IEnumerable<Container> all, Container container) => all.FirstOrDefault(other =>
        other.Id != container.Id && other.IsAlive && (Joins(other, container) || DependsOn(other, container)));

    // Without the network of the one, the other is cut off.
    private static bool Joins(Container other, Container container) => other.NetworkContainer is { } owner && container.IsCalled(owner);

    private static bool DependsOn(Container other, Container container) =>
        other.Label(WellKnownLabels.ComposeProject) is { Length: > 0 } project
        && container.Label(WellKnownLabels.ComposeProject) == project
        && container.Label(WellKnownLabels.ComposeService) is { Length: > 0 } service
        && Of(other).Any(dependency => dependency.Service == service && dependency.Condition != DependencyCondition.Completed);

    private static DependencyCondition ConditionOf(string? text) => text switch
    {
        "service_healthy" => DependencyCondition.Healthy,
        "service_completed_successfully" => DependencyCondition.Completed,
        _ => DependencyCondition.Started,
    };
}
