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
internal sealed class UnwantedStates(Reconciler reconciler, DockerClient docker, INodeFactory nodes, ServiceOptions options)
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
            var containers = docker.Endpoint.IsNone
                ? []
                : await LabelledContainers.ListAllAsync(docker, options.LabelPrefix, cancellationToken);
            var wanted = DesiredState.NamesIn(containers, options).Concat(file?.Names ?? []).ToHashSet(StringComparer.Ordinal);
            return (
                [
                    .. stored.Where(state => NameSyntax.IsValid(state.Name) && !wanted.Contains(state.Name) && reconciler.Find(state.Name) is null)
                        .OrderBy(static state => state.Name, StringComparer.Ordinal),
                ],
                null);
        }
        catch (DockerException away)
        {
            return ([], $"Which states are wanted is not known without Docker: {away.Message}");
        }
    }
}
