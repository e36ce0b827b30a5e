using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>
/// Looks after containers that served and do not run any more, and those whose network a running one uses: no listing shows them, and a
/// person wants to know how they ended. Not safe for concurrent use.
/// </summary>
/// <param name="client">Not owned.</param>
internal sealed class EndedContainers(DockerClient client, TimeSpan inspectTimeout)
{
    // Each costs a call at every listing.
    private const int Max = 16;

    private List<Container> _known = [];

    /// <param name="listed">Every container of the present listing that matters, by id.</param>
    /// <returns>Sorted by id; without those that are removed, or about which the Engine does not say anything now.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<EquatableArray<Container>> LookAsync(
        IReadOnlyDictionary<string, Container> listed, CancellationToken cancellationToken)
    {
        var gone = _known.Where(known => !listed.ContainsKey(known.Id)).OrderByDescending(static known => known.Created)
            .Select(static known => known.Id);
        var owners = listed.Values.Select(static container => container.NetworkContainer).OfType<string>()
            .Where(owner => !listed.Values.Any(container => container.IsCalled(owner)));
        var asked = await Task.WhenAll(
            owners.Concat(gone).Distinct(StringComparer.Ordinal).Take(Max).Select(id => InspectAsync(id, cancellationToken)));
        var ended = asked.OfType<Container>().Concat(listed.Values)
            .Where(static container => container.State is ContainerState.Exited or ContainerState.Dead)
            .DistinctBy(static container => container.Id)
            .OrderBy(static container => container.Id, StringComparer.Ordinal)
            .ToEquatableArray();
        _known = [.. listed.Values.Concat(ended).DistinctBy(static container => container.Id)];
        return ended;
    }

    private async Task<Container?> InspectAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await client.InspectContainerAsync(id, cancellationToken, inspectTimeout) is { } details
                ? ContainerMapper.From(details)
                : null;
        }
        catch (DockerException)
        {
            // Nothing serves by what it would say; whether the Engine is well, the listing itself finds out.
            return null;
        }
    }
}
