using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>The containers with a label of Dovetail's, whatever their state.</summary>
internal static class LabelledContainers
{
    /// <param name="labelPrefix">Without the dot at its end.</param>
    /// <returns>As the list shows them: without what only the details tell.</returns>
    /// <exception cref="DockerException">The Engine does not answer, refuses, or its answer cannot be read.</exception>
    public static async Task<IReadOnlyList<Container>> ListAllAsync(
        DockerClient client, string labelPrefix, CancellationToken cancellationToken)
    {
        var prefix = labelPrefix + ".";
        var entries = await client.ListContainersAsync(cancellationToken, evenStopped: true);
        return
        [
            .. entries.Where(entry => entry.Labels?.Keys.Any(key => key.StartsWith(prefix, StringComparison.Ordinal)) == true)
                .Select(ContainerMapper.From),
        ];
    }
}
