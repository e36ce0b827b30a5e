using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Nodes;
using Dovetail.Services;
using Dovetail.Services.Files;
using Dovetail.Services.Model;
using Dovetail.Sleep;

namespace Dovetail.Reconciliation;

/// <summary>The one loop that makes nodes of what the containers want. It owns the nodes and never waits for one.</summary>
/// <param name="snapshots">The listings, the newest last; read anew when it ends or fails.</param>
/// <param name="files">What the services file says, the newest last; likewise. Null: there is none.</param>
/// <param name="sleeper">Null: no container is ever stopped or started.</param>
internal sealed partial class Reconciler(
    IAsyncEnumerable<ContainerSnapshot> snapshots,
    INodeFactory nodes,
    ServiceOptions services,
    ReconcilerOptions options,
    TimeProvider time,
    ILogger<Reconciler> logger,
    IAsyncEnumerable<ServicesFile>? files = null,
    Sleeper? sleeper = null) : BackgroundService
{
    private static readonly TimeSpan SnapshotPause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly WakeSignal _changed = new(time);
    private readonly RefusalLog _refusals = new(logger);
    private readonly Dictionary<string, ServiceSlot> _slots = new(StringComparer.Ordinal);
    private ContainerSnapshot? _snapshot;
    private ServicesFile? _file;
    private DesiredState _desired = DesiredState.Empty;
    private DateTimeOffset? _lastReconciled;
    private (long Count, TimeSpan Duration) _rounds;

    /// <summary>How everything stands.</summary>
    public ReconcilerReport Report()
    {
        lock (_lock)
        {
            return new ReconcilerReport
            {
                Nodes =
                [
                    .. _slots.Values.Select(static slot => slot.Node?.Report).OfType<NodeReport>()
                        .OrderBy(static node => node.Service.Name, StringComparer.Ordinal),
                ],
                Rejected = [.. _desired.Rejected],
                Warnings = [.. _desired.Warnings],
                File = _file,
                LastReconciled = _lastReconciled,
                Rounds = _rounds,
                Sleep = sleeper?.Counts,
            };
        }
    }

    /// <summary>The node of a service; null when it has none.</summary>
    public INode? Find(string name)
    {
        lock (_lock)
        {
            return _slots.GetValueOrDefault(name)?.Node;
        }
    }

    /// <summary>Takes a service off the tailnet for good. Refused while a container wants it.</summary>
    /// <param name="name">A valid service name.</param>
    /// <param name="force">Removes the state even if the machine cannot be logged out.</param>
    /// <exception cref="OperationCanceledException">The caller gave up; the node, if there was one, has stopped all the same.</exception>
    public async Task<ForgetOutcome> ForgetAsync(string name, bool force, CancellationToken cancellationToken)
    {
        TaskCompletionSource erased = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Task stopped;
        lock (_lock)
        {
            if (WhyKept(name) is { } why)
            {
                return new ForgetOutcome(false, why);
            }

            var slot = SlotOf(name);
            stopped = slot.Stop();
            // A container that comes meanwhile gets a new machine, after the old one is gone.
            slot.Reserve(erased.Task);
        }

        try
        {
            await stopped.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var erasure = await nodes.EraseAsync(name, force, isWanted: () => !force && Find(name) is not null, cancellationToken);
            if (erasure is { IsDone: true, Failure: null })
            {
                Log.Forgotten(logger, name);
            }
            else if (erasure is { IsDone: true, Failure: { } reason })
            {
                Log.LeftBehind(logger, name, reason);
            }

            return new ForgetOutcome(erasure.IsDone, erasure.Failure);
        }
        finally
        {
            erased.SetResult();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        StartOwn();
        sleeper?.Changed = _changed.Set;
        var watching = WatchAsync(snapshots, snapshot => _snapshot = snapshot, stoppingToken);
        if (files is not null)
        {
            // A file on a network may keep a read waiting for ever: neither this loop nor its end waits for it.
            _ = Task.Run(() => WatchAsync(files, file => _file = file, stoppingToken), CancellationToken.None);
        }

        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = TryReconcile();
            await _changed.WaitAsync(wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await StopAllAsync();
    }

    // Under the lock. Null: nothing keeps it from being forgotten.
    private string? WhyKept(string name)
    {
        if (_lastReconciled is null)
        {
            return $"the containers have not been listed yet, so it is not known whether one wants {name}; try again in a moment";
        }

        var tracked = _slots.GetValueOrDefault(name)?.Tracked;
        return tracked switch
        {
            { Service.IsOwn: true } => $"{name} is the dashboard; start Dovetail without DOVETAIL_DASHBOARD={name} first",
            { UnwantedSince: null } => $"{name} is wanted by {Wanting(tracked.Service)} first",
            // One of theirs may be about to want it.
            _ when _snapshot?.Unlisted is [var engine, ..] =>
                $"whether {name} is wanted is not known until {engine} has been listed; try again then, or start Dovetail without it",
            null when _file is { IsKnown: false } unread =>
                $"whether {name} is wanted is not known until {unread.Path} can be read: {unread.Problem}",
            null when !nodes.HasState(name) => $"there is no state of a service named {name}",
            _ => null,
        };
    }

    private static string Wanting(ServiceSpec service) => service switch
    {
        { Origin: { } origin } => $"{origin}; take it out there",
        { IsAsleep: true } => "a container that is asleep; remove that",
        _ => "a running container; stop that",
    };

    // It needs no container, and is of most use while Docker cannot be listed.
    private void StartOwn()
    {
        if (services.Own is { } own)
        {
            try
            {
                lock (_lock)
                {
                    Log.Added(logger, own.Name);
                    SlotOf(own.Name).Start(nodes.Create(own), own);
                }
            }
            catch (Exception bug)
            {
                // The first round of the loop tries again.
                Log.Broken(logger, bug);
            }
        }
    }

    private async Task WatchAsync<T>(IAsyncEnumerable<T> changes, Action<T> take, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var change in changes.WithCancellation(stoppingToken))
                {
                    lock (_lock)
                    {
                        take(change);
                    }

                    _changed.Set();
                }
            }
            catch (Exception bug) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Broken(logger, bug);
            }

            await Task.Delay(SnapshotPause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>How long to wait for a change before the next round.</returns>
    private TimeSpan TryReconcile()
    {
        try
        {
            lock (_lock)
            {
                // Without a first listing nothing is known of containers, and nothing of theirs may be taken down. What a services file
                // says of others does not wait for that; but containers wait for the file, which has the first right to a name.
                return (files is null ? _snapshot is null : _file is null) ? options.Resync : Reconcile();
            }
        }
        catch (Exception bug)
        {
            // Nothing that a label says may end the loop; the next listing gets another chance.
            Log.Broken(logger, bug);
            return options.Resync;
        }
    }

    private TimeSpan Reconcile()
    {
        var begun = time.GetTimestamp();
        var desired = DesiredState.From(_snapshot, services, _file);
        desired = _snapshot is null ? desired : sleeper?.Observe(_snapshot, desired, _file) ?? desired;
        _refusals.Write(_desired, desired);
        _desired = desired;
        var tracked = _slots.Values.Select(static slot => slot.Tracked).OfType<TrackedService>()
            .ToDictionary(static known => known.Service.Name, StringComparer.Ordinal);
        var plan = Plan.From(desired.Services, tracked, time.GetUtcNow(), options.Grace, desired.Ended);
        Apply(plan);
        var now = time.GetUtcNow();
        _lastReconciled = _snapshot is null ? null : now;
        _rounds = (_rounds.Count + 1, _rounds.Duration + time.GetElapsedTime(begun));
        var left = plan.NextDeadline is { } deadline ? deadline - now : options.Resync;
        return TimeSpan.FromTicks(Math.Clamp(left.Ticks, 0, options.Resync.Ticks));
    }

    private void Apply(Plan plan)
    {
        foreach (var service in plan.Add)
        {
            Log.Added(logger, service.Name);
            SlotOf(service.Name).Start(nodes.Create(service), service);
        }

        foreach (var service in plan.Update)
        {
            _slots[service.Name].Update(service, unwantedSince: null);
        }

        foreach (var service in plan.Idle)
        {
            _slots[service.Name].Update(service, time.GetUtcNow());
            if (service.Origin is { } origin)
            {
                Log.IdleEntry(logger, service.Name, origin, options.Grace.TotalSeconds);
            }
            else
            {
                Log.Idle(logger, service.Name, options.Grace.TotalSeconds);
            }
        }

        foreach (var (service, unwantedSince) in plan.StillIdle)
        {
            _slots[service.Name].Update(service, unwantedSince);
        }

        foreach (var name in plan.Remove)
        {
            Log.Removed(logger, name);
            _ = _slots[name].Stop();
        }

        foreach (var (name, _) in _slots.Where(static slot => slot.Value.IsEmpty).ToList())
        {
            _slots.Remove(name);
        }
    }

    private ServiceSlot SlotOf(string name)
    {
        if (!_slots.TryGetValue(name, out var slot))
        {
            _slots.Add(name, slot = new ServiceSlot());
        }

        return slot;
    }

    private async Task StopAllAsync()
    {
        List<Task> ends;
        lock (_lock)
        {
            ends = [.. _slots.Values.Select(static slot => slot.Stop())];
        }

        await Task.WhenAll(ends);
    }

    private static partial class Log
    {
        [LoggerMessage(2001, LogLevel.Information, "{Service}: wanted; starting its node")]
        public static partial void Added(ILogger logger, string service);

        [LoggerMessage(2002, LogLevel.Information, "{Service}: its last container stopped; the node stays for {Seconds:0} s")]
        public static partial void Idle(ILogger logger, string service, double seconds);

        [LoggerMessage(2003, LogLevel.Information, "{Service}: no longer wanted; its node stops, its state is kept")]
        public static partial void Removed(ILogger logger, string service);

        [LoggerMessage(2007, LogLevel.Information, "{Service}: forgotten; its machine is logged out and its state removed")]
        public static partial void Forgotten(ILogger logger, string service);

        [LoggerMessage(2008, LogLevel.Warning, "{Service}: forgotten; its state is removed, but its machine stays in the tailnet: {Reason}")]
        public static partial void LeftBehind(ILogger logger, string service, string reason);

        [LoggerMessage(2006, LogLevel.Error, "This is a bug in Dovetail; the services stay as they are")]
        public static partial void Broken(ILogger logger, Exception bug);

        [LoggerMessage(2010, LogLevel.Information,
            "{Service}: nothing that {Origin} named serves it any more; the node stays for {Seconds:0} s")]
        public static partial void IdleEntry(ILogger logger, string service, string origin, double seconds);
    }
}
