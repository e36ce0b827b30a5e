using Dovetail.Containers;
using Dovetail.Docker;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Sleep;

/// <summary>
/// Stops a container that nobody needs, and after it those of its dependencies that have the label too and serve nothing themselves.
/// </summary>
internal sealed partial class ContainerStopper(
    IContainerOrders orders, ProjectTurns turns, ServiceOptions options, ILogger<ContainerStopper> logger)
{
    private readonly string _prefix = options.LabelPrefix + ".";

    /// <param name="mustRun">What goes on in any case: Dovetail's own container, and those that a services file names.</param>
    /// <param name="stopped">Called when it is stopped, before its dependencies are.</param>
    /// <returns>Why it goes on; null: it is stopped.</returns>
    /// <exception cref="DockerException">The Engine refuses, or does not answer.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<string?> StopAsync(
        Container container, Func<Container, bool> mustRun, Action stopped, CancellationToken cancellationToken)
    {
        using var turn = turns.TryStop(container);
        if (turn is null)
        {
            return "another container of its project is being started";
        }

        var all = await orders.ListAsync(container, cancellationToken);
        if (Dependencies.FirstDependent(all, container) is { } dependent)
        {
            return $"container {dependent.Title} needs it";
        }

        if (mustRun(container) || all.FirstOrDefault(listed => listed.Id == container.Id) is not { State: ContainerState.Running })
        {
            return "it is to run by now, or does not any more";
        }

        await orders.StopAsync(container, cancellationToken);
        stopped();
        try
        {
            await StopDependenciesAsync(container, mustRun, cancellationToken);
        }
        catch (DockerException failure)
        {
            // They run on, as those without the label do.
            Log.NotStopped(logger, container.Title, failure.Message);
        }

        return null;
    }

    private async Task StopDependenciesAsync(Container stopped, Func<Container, bool> mustRun, CancellationToken cancellationToken)
    {
        foreach (var (service, _) in Dependencies.Of(stopped))
        {
            // Listed each time: another container may have begun to run, or to end, meanwhile.
            var all = await orders.ListAsync(stopped, cancellationToken);
            foreach (var container in Dependencies.Find(all, stopped, service).Where(MaySleep))
            {
                if (mustRun(container) || Dependencies.FirstDependent(all, container) is not null)
                {
                    continue;
                }

                Log.Dependency(logger, container.Title, stopped.Title);
                var details = await orders.FindAsync(container, cancellationToken) ?? container;
                if (mustRun(details))
                {
                    continue;
                }

                await orders.StopAsync(details, cancellationToken);
                await StopDependenciesAsync(details, mustRun, cancellationToken);
            }
        }
    }

    // One that is served by Dovetail sleeps by its own use.
    private bool MaySleep(Container container) =>
        container.State == ContainerState.Running
        && container.Labels.Where(label => label.Key.StartsWith(_prefix, StringComparison.Ordinal)).ToList()
            is [{ Value: var value, Key: var key }]
        && key == _prefix + ServiceLabels.Sleep
        && LabelSyntax.Sleep(value.Trim(), out var sleep) is null
        && sleep is not null;

    private static partial class Log
    {
        [LoggerMessage(2122, LogLevel.Warning, "What container {Container} depended on could not be stopped after it: {Reason}")]
        public static partial void NotStopped(ILogger logger, string container, string reason);

        [LoggerMessage(2121, LogLevel.Information, "Stopping container {Container}, on which {Dependent} depended and nothing else does")]
        public static partial void Dependency(ILogger logger, string container, string dependent);
    }
}
