using Dovetail.Common;

namespace Dovetail.Containers;

/// <summary>What is known of one Engine.</summary>
/// <param name="Engine">Its name in the configuration; null: that of <c>DOCKER_HOST</c>.</param>
/// <param name="Snapshot">Its newest listing; null: it has not been listed yet.</param>
internal sealed record EngineSnapshot(string? Engine, ContainerSnapshot? Snapshot)
{
    /// <summary>What a person calls an Engine.</summary>
    public static string TitleOf(string? engine) => engine is null ? "the Docker Engine of DOCKER_HOST" : $"the Docker Engine {engine}";
}

/// <summary>Makes one listing of those of several Engines.</summary>
internal static class EngineSnapshots
{
    /// <param name="engines">The one of <c>DOCKER_HOST</c> first. None has a name twice.</param>
    /// <param name="mayBeInContainer">
    /// Whether Dovetail may run in a container of the first Engine, while that is not known. Then its 127.0.0.1 is not the host's.
    /// </param>
    /// <returns>Null: none has been listed yet.</returns>
    public static ContainerSnapshot? Merge(IReadOnlyList<EngineSnapshot> engines, bool mayBeInContainer)
    {
        List<(string? Engine, ContainerSnapshot Snapshot)> listed =
        [
            .. from known in engines
               where known.Snapshot is not null
               select (known.Engine, known.Snapshot!),
        ];
        if (listed.Count == 0)
        {
            return null;
        }

        var home = listed.Find(static one => one.Engine is null).Snapshot;
        return new ContainerSnapshot
        {
            Containers = All(listed, static snapshot => snapshot.Containers),
            Ended = All(listed, static snapshot => snapshot.Ended),
            Asleep = All(listed, static snapshot => snapshot.Asleep),
            Own = home?.Own ?? OwnLocation.OnHost,
            Further =
            [
                .. from one in listed
                   where one.Engine is not null
                   select new EngineLocation(one.Engine!, Seen(one.Snapshot.Own, home?.Own, mayBeInContainer)),
            ],
            Unlisted =
            [
                .. from known in engines
                   where known.Snapshot is null
                   select EngineSnapshot.TitleOf(known.Engine),
            ],
        };
    }

    // Two addresses may lead to the same Engine, and two managers to the same swarm: whoever is named first has the container.
    private static EquatableArray<Container> All(
        List<(string? Engine, ContainerSnapshot Snapshot)> listed, Func<ContainerSnapshot, EquatableArray<Container>> of) => listed
            .SelectMany(one => of(one.Snapshot))
            .DistinctBy(static container => container.Id)
            .OrderBy(static container => container.Id, StringComparer.Ordinal)
            .ToEquatableArray();

    // An Engine on this machine that knows nothing of Dovetail's container takes it for a process of the host.
    private static OwnLocation Seen(OwnLocation own, OwnLocation? home, bool mayBeInContainer) => (own.Location, home?.Location) switch
    {
        (DovetailLocation.Host, DovetailLocation.Container) => OwnLocation.BesideEngine(home!) with { IsRootless = own.IsRootless },
        (DovetailLocation.Host, null) when mayBeInContainer => OwnLocation.BesideEngine(null) with { IsRootless = own.IsRootless },
        _ => own,
    };
}
