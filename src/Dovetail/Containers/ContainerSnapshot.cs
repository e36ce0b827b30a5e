using Dovetail.Common;

namespace Dovetail.Containers;

/// <summary>One full listing. Compares by content, so that a listing that changed nothing is recognized.</summary>
internal sealed record ContainerSnapshot
{
    /// <summary>
    /// Every running, restarting or paused container with a Dovetail label, and those whose network one of them uses; sorted by id.
    /// </summary>
    public EquatableArray<Container> Containers { get; init; }

    /// <summary>Containers that ended since they were listed, or whose network a listed one uses though they have ended; sorted by id.</summary>
    public EquatableArray<Container> Ended { get; init; }

    /// <summary>
    /// Containers that do not run and have a label that lets them be started by a request, where that is allowed; sorted by id.
    /// </summary>
    public EquatableArray<Container> Asleep { get; init; }

    /// <summary>Where Dovetail itself runs, as seen when the containers were listed.</summary>
    public OwnLocation Own { get; init; } = OwnLocation.OnHost;

    /// <summary>The same as further Engines see it, one for each that has been listed.</summary>
    public EquatableArray<EngineLocation> Further { get; init; }

    /// <summary>
    /// Engines that have not been listed yet, as a person calls them: what their containers want is not known. Empty: all of it is.
    /// </summary>
    public EquatableArray<string> Unlisted { get; init; }

    /// <summary>Where Dovetail runs, seen from that container's Engine.</summary>
    public OwnLocation OwnOf(Container container) => container.Engine is null
        ? Own
        : Further.FirstOrDefault(location => location.Engine == container.Engine)?.Own ?? OwnLocation.BesideEngine(Own);

    /// <summary>Whether it is the container in which Dovetail runs.</summary>
    public bool IsOwn(Container container) => OwnOf(container).ContainerName == container.Name;

    /// <summary>Finds a container by full id, else by name, else by the beginning of its id; null when it is not in the listing.</summary>
    /// <param name="engine">The Engine in which it is called so; null: that of <c>DOCKER_HOST</c>.</param>
    public Container? Find(string idOrName, string? engine = null) => Find(Containers, idOrName, engine);

    /// <summary>The same among those that have ended.</summary>
    public Container? FindEnded(string idOrName, string? engine = null) => Find(Ended, idOrName, engine);

    private static Container? Find(EquatableArray<Container> containers, string idOrName, string? engine) =>
        containers.FirstOrDefault(container => container.Id == idOrName && container.Engine == engine)
        ?? containers.FirstOrDefault(container => container.Name == idOrName && container.Engine == engine)
        ?? containers.FirstOrDefault(container => container.Engine == engine && container.IsCalled(idOrName));
}

/// <summary>Where Dovetail runs, as one further Engine sees it.</summary>
/// <param name="Engine">Its name in the configuration.</param>
internal sealed record EngineLocation(string Engine, OwnLocation Own);
