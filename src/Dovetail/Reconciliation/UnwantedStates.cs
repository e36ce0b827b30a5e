using Dovetail.Containers;
using Dovetail.Docker;
using Dovetail.Nodes;
using Dovetail.Services;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Reconciliation;

/// <summary>
/// Finds the states that no container wants. A container that is stopped still wants its own: it is started again one day, and its
/// machine, address and certificate are expected to be there.
/// </summary>
/// <param name="further">Null: there is one Engine.</param>
internal sealed class UnwantedStates(
    Reconciler reconciler, DockerClient docker, INodeFactory nodes, ServiceOptions options, FurtherEngines? further = null)
{
    /// <returns>Sorted by name; the problem says why it is not known, with what to do about it, and is null when it is.</returns>
    public async Task<(IReadOnlyList<StoredState> States, string? Problem)> FindAsync(CancellationToken cancellationToken)
    {
        // Before it is asked what is there: a service that comes meanwhile is then not among the states.
        IReadOnlyList<StoredState> stored = [.. nodes.States()];
        if (reconciler.Report().LastReconciled is null)
        {
            return ([], "The containers have not been listed yet, so it is not known which states are wanted; try again in a moment.");
        }

        // Not to be waited for: who asks this waits for some seconds only.
        if (further?.Health.FirstOrDefault(static engine => !engine.Health.Connected) is { } away)
        {
            return ([], away.Health.LastListing is null
                ? $"It is not known which states are wanted until the Engine {away.Name} has been listed: {ErrorOf(away)}"
                : $"Which states are wanted is not known without the Engine {away.Name}: {ErrorOf(away)}");
        }

        var file = reconciler.Report().File;
        if (file is { IsKnown: false })
        {
            return ([], $"Which states are wanted is not known until the services file can be read: {file.Path}: {file.Problem}");
        }

        if (file is { Mistakes: [var mistake, ..] })
        {
            return ([], $"Which states are wanted is not known until {file.Path} is corrected: {mistake}");
        }

        try
        {
            var containers = await ListAllAsync(cancellationToken);
            var wanted = DesiredState.NamesIn(containers, options).Concat(file?.Names ?? []).ToHashSet(StringComparer.Ordinal);
            return (
                [
                    .. stored.Where(state => NameSyntax.IsValid(state.Name) && !wanted.Contains(state.Name) && reconciler.Find(state.Name) is null)
                        .OrderBy(static state => state.Name, StringComparer.Ordinal),
                ],
                null);
        }
        catch (DockerException lost)
        {
            return ([], $"Which states are wanted is not known without Docker: {lost.Message}");
        }
    }

    private static string ErrorOf(EngineHealth engine) => engine.Health.LastError ?? "still connecting";

    private async Task<IReadOnlyList<Container>> ListAllAsync(CancellationToken cancellationToken)
    {
        IEnumerable<DockerClient> engines = [docker, .. further?.All.Select(static engine => engine.Client) ?? []];
        var listed = await Task.WhenAll(engines.Where(static engine => !engine.Endpoint.IsNone)
            .Select(engine => LabelledContainers.ListAllAsync(engine, options.LabelPrefix, cancellationToken)));
        return [.. listed.SelectMany(static containers => containers)];
    }
}
