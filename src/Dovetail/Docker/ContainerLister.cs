using Docker.DotNet.Models;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>
/// Makes a <see cref="ContainerSnapshot"/>: one list call, and details of those containers alone that matter to Dovetail. Not safe for
/// concurrent use.
/// </summary>
/// <param name="client">Not owned.</param>
/// <param name="locator">Finds Dovetail itself, again at each listing: its networks may change.</param>
/// <param name="networks">Shared with <paramref name="locator"/>.</param>
/// <param name="swarm">Knows the labels of services, and their tasks on other nodes.</param>
/// <param name="selection">Gives the containers that matter without a label.</param>
internal sealed class ContainerLister(
    DockerClient client,
    SelfLocator locator,
    NetworkCatalog networks,
    SwarmReader swarm,
    Func<ContainerSelection> selection,
    DockerWatcherOptions options)
{
    private const int MaxParallelInspects = 8;

    private readonly string? _engine = client.Endpoint.Engine;
    private readonly string _prefix = options.LabelPrefix + ".";

    private readonly EndedContainers _ended = new(client, options.InspectTimeout);

    // Details that could be had last time, by id: they stand in when the Engine is too slow for one container.
    private Dictionary<string, Container> _last = new(StringComparer.Ordinal);

    /// <summary>A lister of the containers that <paramref name="options"/> choose.</summary>
    /// <param name="client">Not owned.</param>
    /// <param name="selection">Gives the containers that matter without a label; null: none does.</param>
    public static ContainerLister Create(
        DockerClient client, DockerWatcherOptions options, TimeProvider time, Func<ContainerSelection>? selection = null)
    {
        var networks = new NetworkCatalog(client);
        // Another machine knows nothing of Dovetail's container, and what DOVETAIL_CONTAINER names is of the Engine of DOCKER_HOST.
        var isHome = client.Endpoint.Engine is null;
        var own = isHome || SelfLocator.IsInNone(options.Container) ? options.Container : null;
        var hints = isHome || client.Endpoint.SocketPath is not null ? SelfLocator.ReadHints() : [];
        return new ContainerLister(
            client,
            new SelfLocator(client, networks, own, hints),
            networks,
            new SwarmReader(client, options.LabelPrefix, time),
            selection ?? (static () => ContainerSelection.None),
            options);
    }

    /// <exception cref="DockerException">The Engine cannot be asked at all, or its list cannot be read.</exception>
    public async Task<ContainerListing> ListAsync(CancellationToken cancellationToken)
    {
        var entries = await ListEntriesAsync(cancellationToken);
        var (own, problem) = await locator.LocateAsync(cancellationToken);
        var services = await swarm.ReadAsync(entries, cancellationToken);
        List<string> failures = [.. new[] { problem, services.Problem }.OfType<string>()];
        var containers = new Dictionary<string, Container>(StringComparer.Ordinal);
        var asked = new HashSet<string>(StringComparer.Ordinal);
        var selected = selection();
        var wanted = entries
            .Where(entry => HasOurLabel(entry) || services.ServiceOf(entry.Labels) is not null || IsSelected(entry, selected))
            .ToList();
        while (wanted.Count > 0)
        {
            asked.UnionWith(wanted.Select(entry => entry.ID));
            foreach (var (container, failure) in await InspectAllAsync(wanted, cancellationToken))
            {
                if (container is not null)
                {
                    containers[container.Id] = container;
                }

                if (failure is not null)
                {
                    failures.Add(failure);
                }
            }

            // Those whose network one of them uses.
            wanted = entries
                .Where(entry => !asked.Contains(entry.ID) && containers.Values.Any(container => IsNetworkOf(container, entry)))
                .ToList();
        }

        _last = containers;
        var all = entries
            .Where(entry => containers.ContainsKey(entry.ID))
            .Select(entry => services.ServiceOf(entry.Labels) is { } service
                ? SwarmMapper.Complete(containers[entry.ID], service)
                : containers[entry.ID])
            .Where(static container => container.IsAlive)
            .ToList();
        all.AddRange(services.Elsewhere.Select(task => WithPortsOfReplicas(task, all)));
        if (await networks.LearnAsync(all.SelectMany(container => container.Networks), cancellationToken) is { } unknown)
        {
            failures.Add(unknown);
        }

        var snapshot = new ContainerSnapshot
        {
            Containers = Sorted(all.Select(
                container => container with { Networks = container.Networks.Select(networks.Describe).ToEquatableArray() })),
            Asleep = Sorted(containers.Values.Where(IsAsleep)),
            Ended = Sorted(await _ended.LookAsync(containers, cancellationToken)),
            Own = own,
        };
        return new ContainerListing(snapshot, failures.ToEquatableArray(), services.IsSettling);
    }

    private EquatableArray<Container> Sorted(IEnumerable<Container> containers) => containers
        .Select(container => _engine is null ? container : container with { Engine = _engine })
        .OrderBy(container => container.Id, StringComparer.Ordinal)
        .ToEquatableArray();

    private async Task<IReadOnlyList<ContainerListResponse>> ListEntriesAsync(CancellationToken cancellationToken)
    {
        var entries = await client.ListContainersAsync(cancellationToken, options.EvenAsleep);
        return options.EvenAsleep
            ? [.. entries.Where(entry => ContainerMapper.IsAlive(entry.State) || IsAsleep(ContainerMapper.From(entry)))]
            : entries;
    }

    // A swarm starts other tasks in the place of those that have ended, and a container of "docker compose run" did what it was there for.
    private bool IsAsleep(Container container) => options.EvenAsleep
        && container.State is ContainerState.Created or ContainerState.Exited
        && container.Labels.Any(label => IsSleepLabel(label.Key))
        && container.Label(WellKnownLabels.SwarmServiceId) is null
        && !container.IsOneOff;

    // Also that of a further service: PREFIX.services.ID.sleep.
    private bool IsSleepLabel(string key) =>
        key.StartsWith(_prefix, StringComparison.Ordinal) && key.EndsWith(".sleep", StringComparison.Ordinal);

    // What an image exposes is known on the nodes that have it.
    private static Container WithPortsOfReplicas(Container task, List<Container> here) => task with
    {
        ExposedTcpPorts = task.ExposedTcpPorts
            .Concat(here
                .Where(container => container.Label(WellKnownLabels.SwarmServiceId) == task.Label(WellKnownLabels.SwarmServiceId))
                .SelectMany(container => container.ExposedTcpPorts))
            .Distinct()
            .Order()
            .ToEquatableArray(),
    };

    // In whatever case: a label that has no effect because of its capitals is warned of.
    private bool HasOurLabel(ContainerListResponse entry) =>
        entry.Labels?.Keys.Any(key => key.StartsWith(_prefix, StringComparison.OrdinalIgnoreCase)) == true;

    private static bool IsSelected(ContainerListResponse entry, ContainerSelection selected) => !selected.IsEmpty
        && selected.Covers(entry.Names ?? [], key => entry.Labels is { } labels && labels.TryGetValue(key, out var value) ? value : null);

    private static bool IsNetworkOf(Container container, ContainerListResponse entry) =>
        container.NetworkContainer is { Length: > 0 } owner
        && (entry.ID == owner
            || entry.Names?.Contains("/" + owner) == true
            || (owner.Length >= 12 && entry.ID.StartsWith(owner, StringComparison.Ordinal)));

    private async Task<(Container? Container, string? Failure)[]> InspectAllAsync(
        List<ContainerListResponse> entries, CancellationToken cancellationToken)
    {
        using var room = new SemaphoreSlim(MaxParallelInspects);
        return await Task.WhenAll(entries.Select(async entry =>
        {
            await room.WaitAsync(cancellationToken);
            try
            {
                return await InspectAsync(entry, cancellationToken);
            }
            finally
            {
                room.Release();
            }
        }));
    }

    private async Task<(Container? Container, string? Failure)> InspectAsync(
        ContainerListResponse entry, CancellationToken cancellationToken)
    {
        try
        {
            var details = await client.InspectContainerAsync(entry.ID, cancellationToken, options.InspectTimeout);
            return (details is null ? null : ContainerMapper.From(details), null);
        }
        catch (DockerException exception)
        {
            // What the list says is enough to serve by; what it does not say does not change while the container exists.
            var listed = ContainerMapper.From(entry);
            var container = _last.TryGetValue(listed.Id, out var known)
                ? listed with
                {
                    Created = known.Created,
                    ExposedTcpPorts = known.ExposedTcpPorts,
                    StopSignal = known.StopSignal,
                    StopTimeout = known.StopTimeout,
                    StartedAt = known.State == listed.State ? known.StartedAt : default,
                }
                : listed;
            return (container, $"container {listed.Name}: {exception.Message}");
        }
    }
}

/// <summary>A snapshot, and what went wrong while it was made.</summary>
/// <param name="Failures">
/// What could not be had, each with the reason. Of containers without their details the snapshot holds what the list said of them.
/// </param>
/// <param name="IsSettling">Whether there is about to be a change that no event will tell of.</param>
internal sealed record ContainerListing(ContainerSnapshot Snapshot, EquatableArray<string> Failures, bool IsSettling);
