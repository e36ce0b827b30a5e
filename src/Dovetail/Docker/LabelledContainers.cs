using Docker.DotNet.Models;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>
/// The containers with a label of Dovetail's, whatever their state, and the services of a swarm with one, whatever their tasks.
/// </summary>
internal static class LabelledContainers
{
    /// <param name="labelPrefix">Without the dot at its end.</param>
    /// <returns>As the list shows them: without what only the details tell. A service stands as one container.</returns>
    /// <exception cref="DockerException">The Engine does not answer, refuses, or its answer cannot be read.</exception>
    public static async Task<IReadOnlyList<Container>> ListAllAsync(
        DockerClient client, string labelPrefix, CancellationToken cancellationToken)
    {
        var prefix = labelPrefix + ".";
        var entries = await client.ListContainersAsync(cancellationToken, evenStopped: true);
        var services = await ListServicesAsync(client, entries, cancellationToken);
        return
        [
            .. entries.Where(entry => HasLabel(entry.Labels)).Select(ContainerMapper.From),
            .. services.Where(service => HasLabel(service.Spec?.Labels)).Select(SwarmMapper.VirtualIp),
        ];

        bool HasLabel(IDictionary<string, string>? labels) =>
            labels?.Keys.Any(key => key.StartsWith(prefix, StringComparison.Ordinal)) == true;
    }

    // One that is scaled to nothing has no container, and is scaled up again one day.
    private static async Task<IReadOnlyList<SwarmService>> ListServicesAsync(
        DockerClient client, IReadOnlyList<ContainerListResponse> entries, CancellationToken cancellationToken)
    {
        if (client.IsPodman)
        {
            return [];
        }

        try
        {
            return (await client.GetInfoAsync(cancellationToken)).IsManager ? await client.ListServicesAsync(cancellationToken) : [];
        }
        catch (DockerException exception) when (exception.StatusCode is not null
            && !entries.Any(static entry => entry.Labels?.ContainsKey(WellKnownLabels.SwarmServiceId) == true))
        {
            // A socket proxy that does not show it; without tasks there is no swarm to be seen anyway.
            return [];
        }
    }
}
