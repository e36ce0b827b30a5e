using Dovetail.Containers;
using Dovetail.Docker;

namespace Dovetail.Commands;

/// <summary>One listing of one Engine, for <c>dovetail check</c>.</summary>
/// <param name="Engine">Its name; null: it is that of <c>DOCKER_HOST</c>.</param>
/// <param name="Snapshot">Null: it cannot be listed.</param>
/// <param name="Source">What was read; null: there is to be no such Engine.</param>
/// <param name="Away">Why it cannot be listed.</param>
internal sealed record EngineListing(
    string? Engine, ContainerSnapshot? Snapshot, string? Source, IReadOnlyList<string> Failures, DockerException? Away = null)
{
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public static async Task<EngineListing> OfAsync(
        DockerEndpoint endpoint, DockerWatcherOptions options, ContainerSelection selection, CancellationToken cancellationToken)
    {
        if (endpoint.IsNone)
        {
            return new EngineListing(null, new ContainerSnapshot(), null, []);
        }

        using var client = new DockerClient(endpoint, TimeProvider.System);
        var engine = endpoint.Engine is { } name ? $"{name}: " : "";
        try
        {
            var version = await client.GetVersionAsync(cancellationToken);
            var own = selection.Of(endpoint.Engine);
            var lister = ContainerLister.Create(client, options, TimeProvider.System, () => own);
            var listing = await lister.ListAsync(cancellationToken);
            return new EngineListing(
                endpoint.Engine,
                listing.Snapshot,
                $"{engine}Docker {version.Engine} at {endpoint}",
                [.. listing.Failures.Select(failure => engine + failure)]);
        }
        catch (DockerException away)
        {
            return new EngineListing(endpoint.Engine, null, $"{engine}nothing at {endpoint}", [engine + away.Message], away);
        }
    }

    /// <exception cref="DockerException">None could be listed.</exception>
    public static ContainerSnapshot Merge(IReadOnlyList<EngineListing> listings, DockerWatcherOptions options)
    {
        if (listings.All(static listing => listing.Away is not null || listing.Source is null))
        {
            throw listings.Select(static listing => listing.Away).OfType<DockerException>().First();
        }

        IReadOnlyList<EngineSnapshot> engines = [.. listings.Select(static listing => new EngineSnapshot(listing.Engine, listing.Snapshot))];
        return EngineSnapshots.Merge(engines, SelfLocator.MayBeInContainer(options)) ?? new ContainerSnapshot();
    }
}
