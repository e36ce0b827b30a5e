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

    /// <summary>Finds a container by full id, else by name, else by the beginning of its id; null when it is not in the listing.</summary>
    public Container? Find(string idOrName) => Find(Containers, idOrName);

    /// <summary>The same among those that have ended.</summary>
    public Container? FindEnded(string idOrName) => Find(Ended, idOrName);

    private static Container? Find(EquatableArray<Container> containers, string idOrName) =>
        containers.FirstOrDefault(container => container.Id == idOrName)
        ?? containers.FirstOrDefault(container => container.Name == idOrName)
        ?? containers.FirstOrDefault(container => container.IsCalled(idOrName));
}
