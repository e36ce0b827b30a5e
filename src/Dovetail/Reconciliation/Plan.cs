using System.Collections.Immutable;
using Dovetail.Common;
using Dovetail.Services;
using Dovetail.Services.Model;

namespace Dovetail.Reconciliation;

/// <summary>What has to be done so that the nodes are as the containers want them.</summary>
internal sealed record Plan
{
    /// <summary>Services that need a node.</summary>
    public ImmutableArray<ServiceSpec> Add { get; init; } = [];

    /// <summary>Services whose node has to know something new.</summary>
    public ImmutableArray<ServiceSpec> Update { get; init; } = [];

    /// <summary>Services whose last container went just now: the node stays, without an upstream, for the grace period.</summary>
    public ImmutableArray<ServiceSpec> Idle { get; init; } = [];

    /// <summary>Services that are idle already, and whose containers ended otherwise than was known.</summary>
    public ImmutableArray<TrackedService> StillIdle { get; init; } = [];

    /// <summary>Names of services whose grace period is over.</summary>
    public ImmutableArray<string> Remove { get; init; } = [];

    /// <summary>When the next grace period ends; null: none runs.</summary>
    public DateTimeOffset? NextDeadline { get; init; }

    /// <param name="desired">What the containers want.</param>
    /// <param name="actual">The services that have a node, by name.</param>
    /// <param name="grace">How long a node outlives its last container.</param>
    /// <param name="ended">What is known of containers that have ended.</param>
    public static Plan From(
        IReadOnlyList<ServiceSpec> desired,
        IReadOnlyDictionary<string, TrackedService> actual,
        DateTimeOffset now,
        TimeSpan grace,
        EquatableArray<EndedService> ended = default)
    {
        var wanted = desired.Select(static service => service.Name).ToHashSet(StringComparer.Ordinal);
        var unwanted = actual.Values
            .Where(known => !wanted.Contains(known.Service.Name))
            .OrderBy(static known => known.Service.Name, StringComparer.Ordinal)
            .ToList();
        var waiting = unwanted.Where(known => (known.UnwantedSince ?? now) + grace > now).ToList();
        var idle = waiting.Select(known => known with { Service = WithoutUpstream(known.Service, ended) }).ToList();
        return new Plan
        {
            Add = [.. desired.Where(service => !actual.ContainsKey(service.Name))],
            Update = [.. desired.Where(service =>
                actual.TryGetValue(service.Name, out var known) && (known.Service != service || known.UnwantedSince is not null))],
            Idle = [.. idle.Where(static known => known.UnwantedSince is null).Select(static known => known.Service)],
            StillIdle = [.. idle.Where(known => known.UnwantedSince is not null && known.Service != actual[known.Service.Name].Service)],
            Remove = [.. unwanted.Except(waiting).Select(static known => known.Service.Name)],
            NextDeadline = waiting.Count == 0 ? null : waiting.Min(known => (known.UnwantedSince ?? now) + grace),
        };
    }

    private static ServiceSpec WithoutUpstream(ServiceSpec service, EquatableArray<EndedService> ended) => service with
    {
        Upstreams = [],
        Unreachable = [],
        NotRunning = ended.FirstOrDefault(known => known.Name == service.Name)?.Containers ?? [],
    };
}
