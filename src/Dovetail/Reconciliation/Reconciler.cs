using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Docker;
using Dovetail.Nodes;
using Dovetail.Services;
using Dovetail.Services.Model;

namespace Dovetail.Reconciliation;

/// <summary>The one loop that makes nodes of what the containers want. It owns the nodes and never waits for one.</summary>
internal sealed partial class Reconciler(
    DockerWatcher watcher, NodeDependencies nodes, ServiceOptions defaults, ReconcilerOptions settings, TimeProvider time, ILogger<Reconciler> logger)
    : BackgroundService
{
    private readonly Lock _lock = new();
    private readonly WakeSignal _snapshotCame = new();
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TrackedService> _actual = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> _ending = new(StringComparer.Ordinal);
    private readonly NodeEraser _eraser = new(nodes);
    private ContainerSnapshot? _snapshot;
    private DesiredState _desired = DesiredState.Empty;

    /// <summary>How everything stands, by name.</summary>
    public ReconcilerReport Report()
    {
        lock (_lock)
        {
            return new ReconcilerReport
            {
                Nodes = [.. _nodes.Values.OrderBy(static node => node.Name, StringComparer.Ordinal).Select(static node => node.Report)],
                Rejected = [.. _desired.Rejected],
                Warnings = [.. _desired.Warnings],
                HasListed = _snapshot is not null,
            };
        }
    }

    /// <summary>The node of a service; null when it has none.</summary>
    public Node? Find(string name)
    {
        lock (_lock)
        {
            return _nodes.GetValueOrDefault(name);
        }
    }

    /// <summary>Takes a service off the tailnet for good. Refused while a container wants it.</summary>
    /// <param name="name">A valid service name.</param>
    /// <param name="force">Removes the state even if the machine cannot be logged out.</param>
    public async Task<ForgetOutcome> ForgetAsync(string name, bool force, CancellationToken cancellationToken)
    {
        TaskCompletionSource erased = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task ended;
        lock (_lock)
        {
            if (_actual.TryGetValue(name, out var known) && known.UnwantedSince is null)
            {
                return new ForgetOutcome(false, $"{name} is wanted by a running container; stop that first");
            }

            if (!_eraser.HasState(name) && known is null)
            {
                return new ForgetOutcome(false, $"there is no state of a service named {name}");
            }

            if (known is not null)
            {
                Remove(name);
            }

            ended = _ending.GetValueOrDefault(name) ?? Task.CompletedTask;
            // A container that comes meanwhile gets a new machine, after the old one is gone.
            _ending[name] = erased.Task;
        }

        try
        {
            await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var failure = await _eraser.EraseAsync(name, force, cancellationToken);
            if (failure is null)
            {
                Log.Forgotten(logger, name);
            }

            return new ForgetOutcome(failure is null, failure);
        }
        finally
        {
            erased.SetResult();
        }
    }

    public override void Dispose()
    {
        _snapshotCame.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var watching = WatchAsync(stoppingToken);
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var deadline = TryReconcile();
                var wait = deadline is null ? Timeout.InfiniteTimeSpan : Max(deadline.Value - time.GetUtcNow(), TimeSpan.Zero);
                await _snapshotCame.WaitAsync(wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await StopAllAsync();
        }
    }

    private async Task WatchAsync(CancellationToken stoppingToken)
    {
        await foreach (var snapshot in watcher.WatchAsync(stoppingToken))
        {
            lock (_lock)
            {
                _snapshot = snapshot;
            }

            _snapshotCame.Set();
        }
    }

    private DateTimeOffset? TryReconcile()
    {
        try
        {
            return Reconcile();
        }
        catch (Exception bug)
        {
            // Nothing that a label says may end the loop; the next listing gets another chance.
            Log.Broken(logger, bug);
            return null;
        }
    }

    private DateTimeOffset? Reconcile()
    {
        lock (_lock)
        {
            // Without a first listing nothing is known, and nothing may be taken down.
            if (_snapshot is null)
            {
                return null;
            }

            var desired = DesiredState.From(_snapshot, defaults);
            LogRefusals(_desired, desired);
            _desired = desired;
            var plan = Plan.From(desired.Services, _actual, time.GetUtcNow(), settings.Grace);
            Apply(plan);
            return plan.NextDeadline;
        }
    }

    private void Apply(Plan plan)
    {
        foreach (var service in plan.Add)
        {
            var node = new Node(nodes, service);
            _nodes[service.Name] = node;
            _actual[service.Name] = new TrackedService(service, null);
            _ending.Remove(service.Name, out var before);
            Log.Added(logger, service.Name);
            node.Start(before ?? Task.CompletedTask);
        }

        foreach (var service in plan.Update)
        {
            _actual[service.Name] = new TrackedService(service, null);
            _nodes[service.Name].Update(service);
        }

        foreach (var service in plan.Idle)
        {
            _actual[service.Name] = new TrackedService(service, time.GetUtcNow());
            _nodes[service.Name].Update(service);
            Log.Idle(logger, service.Name, settings.Grace.TotalSeconds);
        }

        foreach (var name in plan.Remove)
        {
            Log.Removed(logger, name);
            Remove(name);
        }

        foreach (var (name, _) in _ending.Where(static ending => ending.Value.IsCompleted).ToList())
        {
            _ending.Remove(name);
        }
    }

    private void Remove(string name)
    {
        _actual.Remove(name);
        _nodes.Remove(name, out var node);
        _ending[name] = node!.DisposeAsync().AsTask();
    }

    private async Task StopAllAsync()
    {
        List<Task> ends;
        lock (_lock)
        {
            ends = [.. _nodes.Values.Select(static node => node.DisposeAsync().AsTask()), .. _ending.Values];
        }

        await Task.WhenAll(ends);
    }

    private void LogRefusals(DesiredState before, DesiredState after)
    {
        foreach (var refusal in after.Rejected.Except(before.Rejected))
        {
            Log.Rejected(logger, refusal.Service ?? "", refusal.Container, refusal.Reason);
        }

        foreach (var warning in after.Warnings.Except(before.Warnings))
        {
            Log.LabelWarning(logger, warning.Service ?? "", warning.Container, warning.Text);
        }
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Information, "{Service}: wanted; starting its node")]
        public static partial void Added(ILogger logger, string service);

        [LoggerMessage(2002, LogLevel.Information, "{Service}: its last container stopped; the node stays for {Seconds:0} s")]
        public static partial void Idle(ILogger logger, string service, double seconds);

        [LoggerMessage(2003, LogLevel.Information, "{Service}: no longer wanted; its node stops, its state is kept")]
        public static partial void Removed(ILogger logger, string service);

        [LoggerMessage(2004, LogLevel.Warning, "{Service}: container {Container} is refused: {Reason}")]
        public static partial void Rejected(ILogger logger, string service, string container, string reason);

        [LoggerMessage(2007, LogLevel.Information, "{Service}: forgotten; its machine is logged out and its state removed")]
        public static partial void Forgotten(ILogger logger, string service);

        [LoggerMessage(2006, LogLevel.Error, "This is a bug in Dovetail; the services stay as they are")]
        public static partial void Broken(ILogger logger, Exception bug);

        [LoggerMessage(2005, LogLevel.Warning, "{Service}: container {Container}: {Text}")]
        public static partial void LabelWarning(ILogger logger, string service, string container, string text);
    }
}
