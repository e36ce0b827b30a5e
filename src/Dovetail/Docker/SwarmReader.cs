using System.Net;
using Docker.DotNet.Models;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>
/// Reads what no list of containers shows: the labels of a swarm's services, and their tasks on other nodes. Only a manager tells. Not
/// safe for concurrent use.
/// </summary>
/// <param name="client">Not owned.</param>
/// <param name="labelPrefix">Without the dot at its end.</param>
internal sealed class SwarmReader(DockerClient client, string labelPrefix, TimeProvider time)
{
    // What the Engine is in a swarm changes when somebody orders it.
    private static readonly TimeSpan RoleLifetime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan NoRoleLifetime = TimeSpan.FromSeconds(10);

    // No event tells of a task on another node; one that has stood still for so long may do so for good.
    private static readonly TimeSpan SettlingTime = TimeSpan.FromMinutes(2);

    private readonly string _prefix = labelPrefix + ".";
    private EngineInfo? _role;
    private string? _roleProblem;
    private long _roleRead;
    private SwarmView _last = SwarmView.None;
    private string _unsettled = "";
    private long _unsettledSince;

    /// <param name="entries">The containers of this node.</param>
    public async Task<SwarmView> ReadAsync(IReadOnlyList<ContainerListResponse> entries, CancellationToken cancellationToken)
    {
        var tasks = entries.Where(static entry => entry.Labels?.ContainsKey(WellKnownLabels.SwarmServiceId) == true).ToList();
        await ReadRoleAsync(tasks.Count > 0, cancellationToken);
        _last = _role switch
        {
            { IsManager: true } manager => await ReadServicesAsync(manager, tasks, cancellationToken),
            { IsInSwarm: true } when tasks.Count > 0 && !tasks.Exists(HasOurLabel) => SwarmView.None with { Problem = WorkerProblem() },
            null when tasks.Count > 0 => SwarmView.None with { Problem = _roleProblem },
            _ => SwarmView.None,
        };
        return _last;
    }

    private async Task ReadRoleAsync(bool hasTasks, CancellationToken cancellationToken)
    {
        var lifetime = hasTasks && _role is not { IsInSwarm: true } ? NoRoleLifetime : RoleLifetime;
        if (client.IsPodman || (_roleRead != 0 && time.GetElapsedTime(_roleRead) < lifetime))
        {
            _role = client.IsPodman ? null : _role;
            return;
        }

        _roleRead = time.GetTimestamp();
        try
        {
            _role = await client.GetInfoAsync(cancellationToken);
            _roleProblem = null;
        }
        catch (DockerException exception)
        {
            // A socket proxy that does not show it; outside a swarm nobody misses it. A refusal is an answer, anything else is none.
            _role = exception.StatusCode is null ? _role : null;
            _roleProblem = $"the swarm's services: {exception.Message}";
        }
    }

    private async Task<SwarmView> ReadServicesAsync(
        EngineInfo manager, List<ContainerListResponse> here, CancellationToken cancellationToken)
    {
        List<SwarmService> services;
        try
        {
            services = (await client.ListServicesAsync(cancellationToken)).Where(HasOurLabel).ToList();
        }
        catch (DockerException exception)
        {
            // It may be a manager no more.
            _roleRead = 0;
            return _last with { Problem = $"the swarm's services: {exception.Message}", IsSettling = false };
        }

        var view = new SwarmView { Services = services.ToDictionary(static service => service.ID, StringComparer.Ordinal) };
        if (services.Count == 0)
        {
            return view;
        }

        try
        {
            var tasks = await client.ListTasksAsync(view.Services.Keys, cancellationToken);
            var elsewhere = tasks.Where(task => task.NodeID != manager.NodeId).ToList();
            return view with
            {
                Elsewhere = elsewhere
                    .Where(task => view.Services.ContainsKey(task.ServiceID ?? ""))
                    .Select(task => SwarmMapper.From(task, view.Services[task.ServiceID ?? ""]))
                    .ToEquatableArray(),
                IsSettling = IsSettling(elsewhere),
            };
        }
        catch (DockerException exception) when (exception.StatusCode == HttpStatusCode.Forbidden)
        {
            // By its virtual IP a service is reached wherever its tasks are; those of this node are known anyway.
            var known = here.Select(static entry => entry.Labels[WellKnownLabels.SwarmServiceId]).ToHashSet(StringComparer.Ordinal);
            return view with
            {
                Elsewhere = services.Where(service => !known.Contains(service.ID)).Select(SwarmMapper.VirtualIp).ToEquatableArray(),
                Problem = $"the swarm's tasks: {exception.Message}",
            };
        }
        catch (DockerException exception)
        {
            return view with { Elsewhere = _last.Elsewhere, Problem = $"the swarm's tasks: {exception.Message}" };
        }
    }

    private bool IsSettling(List<TaskResponse> tasks)
    {
        var unsettled = string.Join(' ', tasks.Where(static task => task.Status?.State is null).Select(static task => task.ID).Order());
        if (unsettled != _unsettled)
        {
            _unsettled = unsettled;
            _unsettledSince = time.GetTimestamp();
        }

        return unsettled.Length > 0 && time.GetElapsedTime(_unsettledSince) < SettlingTime;
    }

    private bool HasOurLabel(ContainerListResponse entry) => HasOurLabel(entry.Labels);

    private bool HasOurLabel(SwarmService service) => HasOurLabel(service.Spec?.Labels);

    private bool HasOurLabel(IDictionary<string, string>? labels) =>
        labels?.Keys.Any(key => key.StartsWith(_prefix, StringComparison.Ordinal)) == true;

    private string WorkerProblem() =>
        "This node is a worker of a swarm, and only managers show the labels of services (those under deploy:). "
        + $"Put the {labelPrefix} labels under labels: of the service, beside deploy:, which makes them labels of its containers; "
        + "or run Dovetail on a manager.";
}

/// <summary>What a manager says of the services with a Dovetail label.</summary>
internal sealed record SwarmView
{
    public static readonly SwarmView None = new();

    /// <summary>By id.</summary>
    public IReadOnlyDictionary<string, SwarmService> Services { get; init; } = new Dictionary<string, SwarmService>();

    /// <summary>Their tasks on other nodes, as the containers that they are.</summary>
    public EquatableArray<Container> Elsewhere { get; init; }

    /// <summary>Whether tasks on other nodes are about to start, of which no event will tell.</summary>
    public bool IsSettling { get; init; }

    /// <summary>What is wrong, with what to do; null: nothing.</summary>
    public string? Problem { get; init; }

    /// <summary>The service that a container is a task of, when it has a Dovetail label.</summary>
    public SwarmService? ServiceOf(IDictionary<string, string>? labels) =>
        labels?.TryGetValue(WellKnownLabels.SwarmServiceId, out var id) == true ? Services.GetValueOrDefault(id) : null;
}
