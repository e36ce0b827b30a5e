using Dovetail.Containers;

namespace Dovetail.Services;

/// <summary>The container whose network namespace another one uses (<c>network_mode: container:X</c>), or why there is none.</summary>
/// <param name="Container">Null: there is none to be used.</param>
/// <param name="Problem">What is the case; empty when there is none.</param>
/// <param name="Fix">What to do about it, with the command.</param>
internal sealed record NetworkOwner(Container? Container, string Problem = "", string? Fix = null)
{
    // Docker lets no container join one that has itself joined another; the limit is for what it might send all the same.
    private const int MaxJoins = 4;

    /// <summary>Finds it; a container with a network of its own is its own.</summary>
    public static NetworkOwner Of(Container container, ContainerSnapshot snapshot)
    {
        var owner = container;
        for (var joins = 0; owner.NetworkContainer is { } next; joins++)
        {
            if (joins == MaxJoins || snapshot.Find(next, container.Engine) is not { } found)
            {
                return Missing(container, next, snapshot);
            }

            // Each start makes a new namespace; who joined the former one stays there, alone, and counts as running.
            if (found.StartedAt > owner.StartedAt && owner.StartedAt != default)
            {
                return new NetworkOwner(
                    null,
                    $"it is left in the former network of container {found.Title}, which was started again after it",
                    $"Restart it as well: docker restart {container.Name}.");
            }

            owner = found;
        }

        return new NetworkOwner(owner);
    }

    private static NetworkOwner Missing(Container container, string owner, ContainerSnapshot snapshot) =>
        snapshot.FindEnded(owner, container.Engine) is { } ended
            ? new NetworkOwner(
                null,
                $"it uses the network of container {ended.Title}, which does not run",
                $"Start that one, then restart this one: docker start {ended.Name} && docker restart {container.Name}.")
            : new NetworkOwner(null, "the container whose network it uses was removed", $"Create it anew: {Recreate(container)}.");

    private static string Recreate(Container container) =>
        container.Label(WellKnownLabels.ComposeService) is { Length: > 0 } service
        && service.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? $"docker compose up -d --force-recreate {service}"
            : $"docker rm -f {container.Name}, then docker run with the network of the container that is there now";
}
