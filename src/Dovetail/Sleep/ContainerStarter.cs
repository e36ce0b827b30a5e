using Dovetail.Containers;
using Dovetail.Docker;

namespace Dovetail.Sleep;

/// <summary>Starts a container after all that it depends on by its Compose file, in order.</summary>
internal sealed partial class ContainerStarter(
    IContainerOrders orders, ProjectTurns turns, TimeProvider time, ILogger<ContainerStarter> logger)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    /// <param name="isWanted">Asked before each start: what came before it may have taken minutes.</param>
    /// <exception cref="DockerException">The Engine refuses, or does not answer.</exception>
    /// <exception cref="StartException">A dependency is not as the Compose file wants it.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task StartAsync(Container container, Func<bool> isWanted, CancellationToken cancellationToken)
    {
        using var turn = await turns.StartAsync(container, cancellationToken);
        if (Dependencies.Of(container).Count > 0)
        {
            var all = await orders.ListAsync(container, cancellationToken);
            var seen = new HashSet<string>(StringComparer.Ordinal) { container.Id };
            await StartDependenciesAsync(container, all, seen, isWanted, cancellationToken);
        }

        if (isWanted())
        {
            await orders.StartAsync(container, cancellationToken);
        }
    }

    /// <param name="seen">Ids of those that are dealt with; a circle ends there.</param>
    private async Task StartDependenciesAsync(
        Container dependent, IReadOnlyList<Container> all, HashSet<string> seen, Func<bool> isWanted, CancellationToken cancellationToken)
    {
        foreach (var (service, condition) in Dependencies.Of(dependent))
        {
            foreach (var container in Dependencies.Find(all, dependent, service).Where(container => seen.Add(container.Id)))
            {
                if (condition == DependencyCondition.Completed && await HasCompletedAsync(container, cancellationToken))
                {
                    continue;
                }

                if (!container.IsAlive)
                {
                    await StartDependenciesAsync(container, all, seen, isWanted, cancellationToken);
                    if (!isWanted())
                    {
                        return;
                    }

                    Log.Dependency(logger, container.Title, dependent.Title);
                    await orders.StartAsync(container, cancellationToken);
                }

                await UntilAsync(container, condition, cancellationToken);
            }
        }
    }

    private async Task<bool> HasCompletedAsync(Container container, CancellationToken cancellationToken) =>
        container.State == ContainerState.Exited
        && await orders.FindAsync(container, cancellationToken) is { State: ContainerState.Exited, ExitCode: 0 };

    private async Task UntilAsync(Container container, DependencyCondition condition, CancellationToken cancellationToken)
    {
        while (condition != DependencyCondition.Started)
        {
            var found = await orders.FindAsync(container, cancellationToken)
                ?? throw new StartException($"container {container.Title}, which it depends on, was removed");
            switch (condition, found)
            {
                case (DependencyCondition.Completed, { State: ContainerState.Exited, ExitCode: 0 }):
                case (DependencyCondition.Healthy, { Health: ContainerHealth.Healthy }):
                // Compose refuses such a file; whoever wrote the label by hand has no HEALTHCHECK to wait for.
                case (DependencyCondition.Healthy, { State: ContainerState.Running, Health: ContainerHealth.None }):
                    return;
                case (_, { State: ContainerState.Exited or ContainerState.Dead }):
                    throw new StartException($"container {container.Title}, which it depends on, has ended (exit code {found.ExitCode})");
                default:
                    await Task.Delay(Poll, time, cancellationToken);
                    break;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2111, LogLevel.Information, "Starting container {Container}, on which {Dependent} depends")]
        public static partial void Dependency(ILogger logger, string container, string dependent);
    }
}

/// <summary>A container cannot be started; the message says why, and is fit to print.</summary>
internal sealed class StartException(string message) : Exception(message);
