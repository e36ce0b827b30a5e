using Dovetail.Containers;

namespace Dovetail.Sleep;

/// <summary>
/// Keeps starts and stops in one Compose project apart: a dependency must not be stopped for want of dependents just when one of them is
/// started. Several starts go together, and so do several stops.
/// </summary>
internal sealed class ProjectTurns
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string? Engine, string Name), Project> _projects = [];

    /// <summary>Waits until nothing is being stopped.</summary>
    /// <returns>The start is over when it is disposed.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<IDisposable> StartAsync(Container container, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task stopped;
            lock (_lock)
            {
                var project = ProjectOf(container);
                if (project.Stops == 0)
                {
                    project.Starts++;
                    return new Turn(_lock, () => project.Starts--);
                }

                stopped = project.Stopped.Task;
            }

            await stopped.WaitAsync(cancellationToken);
        }
    }

    /// <returns>The stop is over when it is disposed; null: something is being started.</returns>
    public IDisposable? TryStop(Container container)
    {
        lock (_lock)
        {
            var project = ProjectOf(container);
            if (project.Starts > 0)
            {
                return null;
            }

            if (project.Stops++ == 0)
            {
                project.Stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return new Turn(_lock, () =>
            {
                if (--project.Stops == 0)
                {
                    project.Stopped.SetResult();
                }
            });
        }
    }

    // Without a project it has no dependencies, and is one of its own.
    private Project ProjectOf(Container container)
    {
        var name = container.Label(WellKnownLabels.ComposeProject) ?? "";
        if (name.Length == 0)
        {
            return new Project();
        }

        if (!_projects.TryGetValue((container.Engine, name), out var project))
        {
            _projects.Add((container.Engine, name), project = new Project());
        }

        return project;
    }

    private sealed class Project
    {
        public int Starts { get; set; }

        public int Stops { get; set; }

        public TaskCompletionSource Stopped { get; set; } = new();
    }

    private sealed class Turn(Lock turns, Action leave) : IDisposable
    {
        public void Dispose()
        {
            lock (turns)
            {
                leave();
            }
        }
    }
}
