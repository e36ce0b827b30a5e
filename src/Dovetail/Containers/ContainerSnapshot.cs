using Dovetail.Common;

namespace Dovetail.Containers;

/// <summary>One full listing. Compares by content, so that a listing that changed nothing is recognized.</summary>
internal sealed record ContainerSnapshot
{
    /// <summary>
    /// Every running, restarting or paused container with a Dovetail label, and those whose network one of them uses; sorted by id.
    /// </summary>
    public EquatableArray<Container> Containers { get; init; }

    /// <summary>Where Dovetail itself runs, as seen when the containers were listed.</summary>
    public OwnLocation Own { get; init; } = OwnLocation.OnHost;

    /// <summary>Finds a container by full id, else by name, else by the beginning of its id; null when it is not in the listing.</summary>
    public Container? Find(string idOrName)
    {
        Container? byPrefix = null;
        Container? byName = null;
        foreach (var container in Containers)
        {
            if (container.Id == idOrName)
            {
                return container;
            }

            byName ??= container.Name == idOrName ? container : null;
            byPrefix ??= idOrName.Length >= 12 && container.Id.StartsWith(idOrName, StringComparison.Ordinal) ? container : null;
        }

        return byName ?? byPrefix;
    }
}
