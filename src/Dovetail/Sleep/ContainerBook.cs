using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services;
using Dovetail.Services.Model;

namespace Dovetail.Sleep;

/// <summary>
/// What the listings say of the containers that may sleep, what was done to them, and what is to be done next. It does nothing itself.
/// Safe for concurrent use.
/// </summary>
/// <param name="useOf">The use of a service.</param>
/// <param name="random">For the jitter of waits.</param>
internal sealed class ContainerBook(Func<string, ServiceUse> useOf, TimeProvider time, Random random)
{
    private static readonly TimeSpan RetryMin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    // A run that is shorter is a start that failed.
    private static readonly TimeSpan Stable = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, TrackedContainer> _tracked = new(StringComparer.Ordinal);
    private Dictionary<string, ServiceSpec> _services = new(StringComparer.Ordinal);

    /// <summary>Takes a listing, and what follows from it.</summary>
    /// <returns>The same, with what is known of containers that could not be started or stopped.</returns>
    public DesiredState Observe(ContainerSnapshot snapshot, DesiredState desired)
    {
        lock (_lock)
        {
            _services = desired.Services.ToDictionary(static service => service.Name, StringComparer.Ordinal);
            var relevant = desired.Services.SelectMany(SleepyContainers).ToHashSet(StringComparer.Ordinal);
            foreach (var container in snapshot.Containers.Where(container => relevant.Contains(container.Id)))
            {
                See(container, isAsleep: false);
            }

            foreach (var container in snapshot.Asleep.Where(container => relevant.Contains(container.Id)))
            {
                See(container, isAsleep: true);
            }

            foreach (var (id, gone) in _tracked.Where(known => !relevant.Contains(known.Key)).ToList())
            {
                _tracked.Remove(id);
                gone.EndStart(false);
                Open(id);
            }

            return desired with { Services = desired.Services.Select(WithFailures).ToEquatableArray() };
        }
    }

    /// <summary>
    /// Takes the containers whose services have all been idle for long enough, and closes those services. Each has to be given back by
    /// <see cref="Stopped"/> or <see cref="NotStopped"/>.
    /// </summary>
    /// <returns>How long until there can be another.</returns>
    public (IReadOnlyList<TrackedContainer> Idle, TimeSpan Next) TakeIdle()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            var (idle, next) = (new List<TrackedContainer>(), LongestWait);
            foreach (var tracked in _tracked.Values)
            {
                if (tracked is { IsAsleep: false, IsStopping: false, Container: { State: ContainerState.Running, IsStopping: false } }
                    && UntilIdle(tracked, now) is { } left)
                {
                    if (left <= TimeSpan.Zero && TryClose(tracked))
                    {
                        tracked.BeginStop();
                        idle.Add(tracked);
                        continue;
                    }

                    // A request has come just now.
                    next = left > TimeSpan.Zero && left < next ? left : left <= TimeSpan.Zero ? TimeSpan.FromSeconds(1) : next;
                }
            }

            return (idle, next);
        }
    }

    /// <summary>The services that a container serves, for the log.</summary>
    public string NamesOf(TrackedContainer tracked)
    {
        lock (_lock)
        {
            return string.Join(", ", ServicesOf(tracked).Select(static service => service.Name).Order(StringComparer.Ordinal));
        }
    }

    /// <param name="listedWithin">Until then listings may show it as running.</param>
    public void Stopped(TrackedContainer tracked, TimeSpan listedWithin)
    {
        lock (_lock)
        {
            // Opened by the listing that shows it so, when requests know that it is asleep.
            tracked.EndStop(After(listedWithin));
        }
    }

    /// <param name="failure">Null: it is needed.</param>
    public void NotStopped(TrackedContainer tracked, string? failure)
    {
        lock (_lock)
        {
            tracked.FailStop(failure, After(RetryMax));
            Open(tracked.Container.Id);
        }
    }

    /// <summary>Takes the containers of a service that are asleep.</summary>
    /// <returns>
    /// Those whose start begins with this call, and how those and the ones under way end: false where one of them does not come to run, or
    /// is not to be tried again yet.
    /// </returns>
    public (IReadOnlyList<(TrackedContainer Container, Task<bool> Start)> Begun, Task<bool> All) TakeSleeping(string service)
    {
        lock (_lock)
        {
            var begun = new List<(TrackedContainer, Task<bool>)>();
            var all = new List<Task<bool>>();
            foreach (var sleeping in _services.GetValueOrDefault(service)?.Sleeping ?? [])
            {
                if (_tracked.GetValueOrDefault(sleeping.ContainerId) is not { IsAsleep: true } tracked)
                {
                    continue;
                }

                if (tracked.Start is null && tracked.StartAgain is { } again && time.GetTimestamp() < again)
                {
                    all.Add(Task.FromResult(false));
                    continue;
                }

                if (tracked.Start is null)
                {
                    begun.Add((tracked, tracked.BeginStart().Task));
                }

                all.Add(tracked.Start!.Task);
            }

            return (begun, AllAsync(all));
        }
    }

    public void NotStarted(TrackedContainer tracked, string failure)
    {
        lock (_lock)
        {
            tracked.FailStart(failure, AfterFailures);
        }
    }

    private static async Task<bool> AllAsync(List<Task<bool>> starts) => !(await Task.WhenAll(starts)).Contains(false);

    private static IEnumerable<string> SleepyContainers(ServiceSpec service) => service.Sleeping
        .Select(static container => container.ContainerId)
        .Concat(service.Sleep is null ? [] : service.Upstreams.Select(static upstream => upstream.ContainerId));

    private void See(Container container, bool isAsleep)
    {
        var now = time.GetTimestamp();
        if (!_tracked.TryGetValue(container.Id, out var tracked))
        {
            _tracked.Add(container.Id, new TrackedContainer(container, isAsleep, now));
            return;
        }

        var (wasAsleep, since) = (tracked.IsAsleep, tracked.Since);
        if (tracked.See(container, isAsleep, now))
        {
            if (!isAsleep)
            {
                tracked.Run();
            }
            else if (tracked is { IsStartedHere: true, IsStoppedHere: false, IsStopping: false, IsToldToStop: false }
                && (wasAsleep || time.GetElapsedTime(since, now) < Stable))
            {
                tracked.FailStart($"it ended right after its start (exit code {container.ExitCode})", AfterFailures);
            }
            else
            {
                tracked.Forgive();
            }
        }

        // It was stopped, and this was listed before.
        var mayBeOld = tracked is { IsStoppedHere: true, StopAgain: { } again } && now < again;
        if (!isAsleep && !container.IsStopping && !tracked.IsStopping && !mayBeOld)
        {
            if (time.GetElapsedTime(tracked.Since, now) >= Stable)
            {
                tracked.Forgive();
            }

            Open(container.Id);
        }
    }

    // Null: a service that it serves never sleeps.
    private TimeSpan? UntilIdle(TrackedContainer tracked, long now)
    {
        var runs = time.GetElapsedTime(tracked.Since, now);
        var left = tracked.StopAgain is { } again ? time.GetElapsedTime(now, again) : TimeSpan.Zero;
        foreach (var service in ServicesOf(tracked))
        {
            if (service.Sleep is not { } sleep)
            {
                return null;
            }

            var idle = useOf(service.Name).Idle;
            var ofService = sleep - (idle < runs ? idle : runs);
            left = ofService > left ? ofService : left;
        }

        return left;
    }

    private bool TryClose(TrackedContainer tracked)
    {
        var id = tracked.Container.Id;
        foreach (var service in ServicesOf(tracked))
        {
            if (!useOf(service.Name).TryClose(id, service.Sleep ?? TimeSpan.MaxValue))
            {
                Open(id);
                return false;
            }
        }

        return true;
    }

    private IEnumerable<ServiceSpec> ServicesOf(TrackedContainer tracked) =>
        _services.Values.Where(service => service.Upstreams.Any(upstream => upstream.ContainerId == tracked.Container.Id));

    private void Open(string containerId)
    {
        foreach (var name in _services.Keys)
        {
            useOf(name).Open(containerId);
        }
    }

    private ServiceSpec WithFailures(ServiceSpec service)
    {
        if (service is { Sleep: null, Sleeping.Count: 0 })
        {
            return service;
        }

        var failure = service.Upstreams.Select(upstream => _tracked.GetValueOrDefault(upstream.ContainerId))
            .FirstOrDefault(static tracked => tracked?.StopFailure is not null);
        return service with
        {
            SleepFailure = failure is null ? null : $"container {failure.Container.Title}: {failure.StopFailure}",
            Sleeping = service.Sleeping
                .Select(sleeping => sleeping with { Failure = _tracked.GetValueOrDefault(sleeping.ContainerId)?.Failure })
                .ToEquatableArray(),
        };
    }

    private long AfterFailures(int failures) => After(Backoff.Wait(failures, RetryMin, RetryMax, random.NextDouble()));

    private long After(TimeSpan wait) => time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
}
