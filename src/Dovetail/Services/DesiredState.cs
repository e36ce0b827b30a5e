using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Files;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Services;

/// <summary>
/// All that the labels of all containers and the services file want. Compares by content; the same containers and the same file give the
/// same state, in the same order.
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
    /// <param name="snapshot">Null: the containers have not been listed yet.</param>
    /// <param name="file">Null: there is no services file.</param>
    public static DesiredState From(ContainerSnapshot? snapshot, ServiceOptions defaults, ServicesFile? file = null)
    {
        var listed = snapshot ?? new ContainerSnapshot();
        var rejected = new List<RejectedContainer>();
        var warnings = new List<ContainerWarning>();
        var claims = new SortedDictionary<string, List<ServiceClaim>>(StringComparer.Ordinal);
        foreach (var claim in file is null ? [] : FileClaims.Of(file, snapshot, defaults, rejected, warnings))
        {
            if (NameIsReserved(claim.Service, claim.Entry, file) is { } reason)
            {
                rejected.Add(new RejectedContainer(claim.Entry!.Origin, claim.Service.Name, reason));
                continue;
            }

            Add(claim);
        }

        var fromFile = claims.Keys.ToHashSet(StringComparer.Ordinal);
        foreach (var (container, isAsleep) in Claimants(listed))
        {
            var parsed = Parse(container, listed.IsOwn(container), file, defaults);
            if (isAsleep && !parsed.Services.All(static service => service.Sleep is not null))
            {
                // One that has simply ended.
                continue;
            }

            rejected.AddRange(parsed.Rejected);
            warnings.AddRange(parsed.Warnings);
            foreach (var service in parsed.Services)
            {
                if (!fromFile.Contains(service.Name) && NameIsReserved(service, null, file) is { } taken)
                {
                    rejected.Add(new RejectedContainer(container.Title, service.Name, taken));
                    continue;
                }

                Add(new ServiceClaim(container, service) { IsAsleep = isAsleep });
            }
        }

        void Add(ServiceClaim claim)
        {
            var name = claim.Service.Name;
            if (name == defaults.Own?.Name)
            {
                rejected.Add(new RejectedContainer(claim.Entry?.Origin ?? claim.Container.Title, name, NameIsOwn(name, claim)));
                return;
            }

            if (!claims.TryGetValue(name, out var sameName))
            {
                claims.Add(name, sameName = []);
            }

            sameName.Add(claim);
        }

        var services = claims.Values.Select(sameName => ServiceMerger.Merge(sameName, listed, defaults, rejected, warnings)).ToList();
        return Sorted(services, defaults.Own, rejected, warnings) with { Ended = EndedServices(listed, defaults, file) };
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
            if (parsed.Rejected.Any(static refusal => refusal.Service is null))
            {
                // Refused as a whole: what its labels name it may be meant to have all the same.
                names.UnionWith(LabelParser.NamesWritten(container, defaults));
            }
        }

        return names;
    }

    private static EquatableArray<EndedService> EndedServices(ContainerSnapshot snapshot, ServiceOptions defaults, ServicesFile? file) =>
    [
        .. from ended in (
               from container in snapshot.Ended
               from service in LabelParser.Parse(container, defaults).Services
               select (service.Name, Container: container))
               .Concat(file is null ? [] : FileClaims.Ended(file, snapshot, defaults))
           group ServiceMerger.NotRunning(ended.Container) by ended.Name into ended
           orderby ended.Key
           select new EndedService(
               ended.Key, [.. ended.Distinct().OrderBy(static container => container.ContainerName, StringComparer.Ordinal)]),
    ];

    private static DesiredState Sorted(
        IEnumerable<ServiceSpec> services, ServiceSpec? own, List<RejectedContainer> rejected, List<ContainerWarning> warnings) => new()
        {
            Services = services
                .Concat(own is null ? [] : [own])
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

    // Else a restart of the container that the file names, or a slip in the file, would hand its name and its visitors to another.
    private static string? NameIsReserved(ServiceDeclaration service, FileService? entry, ServicesFile? file) =>
        file?.HolderOf(service.Name) is not { } holder || ReferenceEquals(holder, entry)
            || (service.LoadBalance && holder.Says(ServiceLabels.LoadBalance, true)) ? null
            : $"the name {service.Name} belongs to {holder.Origin}, " + (entry is null
                ? "and a services file comes before labels: give this container another name"
                : "which comes first: give this service another name");

    private static string NameIsOwn(string name, ServiceClaim claim) =>
        $"the name {name} is that of Dovetail's own dashboard (DOVETAIL_DASHBOARD): give this "
        + $"{(claim.Entry is null ? "container" : "service")} another name, or the dashboard";

    // The container created first has the name; but one of "docker compose run" must not take it from the service it was started beside.
    internal static IEnumerable<Container> InOrderOfRight(EquatableArray<Container> containers) => containers
        .Where(static container => container.IsAlive)
        .OrderBy(static container => container.IsOneOff)
        .ThenBy(container => container.Created)
        .ThenBy(container => container.Id, StringComparer.Ordinal);

    // One that is asleep takes no name from one that runs. Of several that sleep, the last to run has it.
    private static IEnumerable<(Container Container, bool IsAsleep)> Claimants(ContainerSnapshot snapshot) =>
        InOrderOfRight(snapshot.Containers)
        .Select(static container => (container, false))
        .Concat(snapshot.Asleep
            .OrderByDescending(container => container.StartedAt)
            .ThenBy(container => container.Id, StringComparer.Ordinal)
            .Select(static container => (container, true)));

    private static LabelParseResult Parse(Container container, bool isOwn, ServicesFile? file, ServiceOptions defaults)
    {
        var parsed = LabelParser.Parse(container, defaults);
        var label = $"{defaults.LabelPrefix}.{ServiceLabels.Sleep}";
        var why = isOwn ? "this is Dovetail's own container"
            : file?.Covers(container) == true ? "the services file names this container"
            : null;
        if (why is null || (parsed.Services.All(static service => service.Sleep is null) && container.Label(label) is null))
        {
            return parsed;
        }

        // Stopped, Dovetail could not start itself again, nor know of what a file has named.
        var text = $"{Printable.Text(label)} has no effect: {why}";
        return parsed with
        {
            Services = parsed.Services.Select(static service => service with { Sleep = null }).ToEquatableArray(),
            Warnings = [.. parsed.Warnings, new ContainerWarning(container.Title, null, text)],
        };
    }
}

/// <summary>A service, and those of its containers that have ended.</summary>
internal sealed record EndedService(string Name, EquatableArray<ContainerNotRunning> Containers);
