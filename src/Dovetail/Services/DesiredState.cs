using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Services;

/// <summary>
/// All that the labels of all containers want. Compares by content; the same containers give the same state, in the same order.
/// </summary>
internal sealed record DesiredState
{
    public static DesiredState Empty { get; } = new();

    /// <summary>One per name, sorted by name.</summary>
    public EquatableArray<ServiceSpec> Services { get; init; }

    /// <summary>Services that containers wanted which have ended; one per name, sorted by name.</summary>
    public EquatableArray<EndedService> Ended { get; init; }

    /// <summary>What is refused, sorted by container, then service.</summary>
    public EquatableArray<RejectedContainer> Rejected { get; init; }

    public EquatableArray<ContainerWarning> Warnings { get; init; }

    /// <summary>
    /// Running, restarting and paused containers want their services, and so do those that are asleep; only running ones are upstreams.
    /// Never throws, whatever the labels hold.
    /// </summary>
    public static DesiredState From(ContainerSnapshot snapshot, ServiceOptions defaults)
    {
        var rejected = new List<RejectedContainer>();
        var warnings = new List<ContainerWarning>();
        var claims = new SortedDictionary<string, List<ServiceClaim>>(StringComparer.Ordinal);

        foreach (var (container, isAsleep) in InOrderOfRight(snapshot))
        {
            var parsed = Parse(container, snapshot.Own, defaults);
            if (isAsleep && !parsed.Services.All(static service => service.Sleep is not null))
            {
                // One that has simply ended.
                continue;
            }

            rejected.AddRange(parsed.Rejected);
            warnings.AddRange(parsed.Warnings);
            foreach (var service in parsed.Services)
            {
                if (service.Name == defaults.Own?.Name)
                {
                    rejected.Add(new RejectedContainer(container.Name, service.Name, NameIsOwn(service.Name)));
                    continue;
                }

                if (!claims.TryGetValue(service.Name, out var sameName))
                {
                    claims.Add(service.Name, sameName = []);
                }

                sameName.Add(new ServiceClaim(container, service) { IsAsleep = isAsleep });
            }
        }

        return new DesiredState
        {
            Ended = EndedServices(snapshot, defaults),
            Services = claims.Values
                .Select(sameName => ServiceMerger.Merge(sameName, snapshot, defaults, rejected, warnings))
                .Concat(defaults.Own is { } own ? [own] : [])
                .OrderBy(static service => service.Name, StringComparer.Ordinal)
                .ToEquatableArray(),
            Rejected = rejected
                .OrderBy(static entry => entry.Container, StringComparer.Ordinal)
                .ThenBy(static entry => entry.Service, StringComparer.Ordinal)
                .ToEquatableArray(),
            Warnings = warnings
                .OrderBy(static entry => entry.Container, StringComparer.Ordinal)
                .ThenBy(static entry => entry.Service, StringComparer.Ordinal)
                .ToEquatableArray(),
        };
    }

    /// <summary>
    /// Every name that one of the containers asks for, in whatever state it is and whether it would get it or not. Never throws.
    /// </summary>
    public static IReadOnlySet<string> NamesIn(IEnumerable<Container> containers, ServiceOptions defaults)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var container in containers)
        {
            var parsed = LabelParser.Parse(container, defaults);
            names.UnionWith(parsed.Services.Select(static service => service.Name));
            names.UnionWith(parsed.Rejected.Select(static refusal => refusal.Service).OfType<string>());
        }

        return names;
    }

    private static EquatableArray<EndedService> EndedServices(ContainerSnapshot snapshot, ServiceOptions defaults) =>
    [
        .. from container in snapshot.Ended
           from service in LabelParser.Parse(container, defaults).Services
           group ServiceMerger.NotRunning(container) by service.Name into ended
           orderby ended.Key
           select new EndedService(ended.Key, [.. ended.OrderBy(static container => container.ContainerName, StringComparer.Ordinal)]),
    ];

    private static string NameIsOwn(string name) =>
        $"the name {name} is that of Dovetail's own dashboard (DOVETAIL_DASHBOARD): give this container another name, or the dashboard";

    private static bool WantsService(Container container) =>
        container.State is ContainerState.Running or ContainerState.Restarting or ContainerState.Paused;

    // The container created first has the name; but one of "docker compose run" must not take it from the service it was started beside,
    // nor one that is asleep from one that runs. Of several that sleep, the last to run has it.
    private static IEnumerable<(Container Container, bool IsAsleep)> InOrderOfRight(ContainerSnapshot snapshot) => snapshot.Containers
        .Where(WantsService)
        .OrderBy(ReplicaGroup.IsOneOff)
        .ThenBy(container => container.Created)
        .ThenBy(container => container.Id, StringComparer.Ordinal)
        .Select(static container => (container, false))
        .Concat(snapshot.Asleep
            .OrderByDescending(container => container.StartedAt)
            .ThenBy(container => container.Id, StringComparer.Ordinal)
            .Select(static container => (container, true)));

    // Stopped, Dovetail could not start itself again.
    private static LabelParseResult Parse(Container container, OwnLocation own, ServiceOptions defaults)
    {
        var parsed = LabelParser.Parse(container, defaults);
        if (container.Name != own.ContainerName || parsed.Services.All(static service => service.Sleep is null))
        {
            return parsed;
        }

        var text = $"{Printable.Text(defaults.LabelPrefix)}.{ServiceLabels.Sleep} has no effect: this is Dovetail's own container";
        return parsed with
        {
            Services = parsed.Services.Select(static service => service with { Sleep = null }).ToEquatableArray(),
            Warnings = [.. parsed.Warnings, new ContainerWarning(container.Name, null, text)],
        };
    }
}

/// <summary>A service, and those of its containers that have ended.</summary>
internal sealed record EndedService(string Name, EquatableArray<ContainerNotRunning> Containers);
