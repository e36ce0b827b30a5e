using Dovetail.Containers;

namespace Dovetail.Sleep;

/// <summary>What is known of one container that may sleep. Guarded by the lock of the <see cref="ContainerBook"/>.</summary>
/// <param name="now">A time stamp, as all times here.</param>
internal sealed class TrackedContainer(Container container, bool isAsleep, long now)
{
    private TaskCompletionSource? _stop;

    public Container Container { get; private set; } = container;

    public bool IsAsleep { get; private set; } = isAsleep;

    /// <summary>Since when it has been asleep, or has run.</summary>
    public long Since { get; private set; } = now;

    /// <summary>Its last run began here.</summary>
    public bool IsStartedHere { get; private set; }

    /// <summary>Its last run was ended here.</summary>
    public bool IsStoppedHere { get; private set; }

    /// <summary>Somebody has told it to stop in its present run, or in the one that has just ended.</summary>
    public bool IsToldToStop { get; private set; }

    /// <summary>A stop is under way.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Completes when no stop is under way. A listing may show it as asleep before its stop has been answered.</summary>
    public Task StopOver => Volatile.Read(ref _stop)?.Task ?? Task.CompletedTask;

    /// <summary>Not stopped before this.</summary>
    public long? StopAgain { get; private set; }

    public string? StopFailure { get; private set; }

    /// <summary>The start that is under way: true when it runs, false when it does not come to run. Null: none is.</summary>
    public TaskCompletionSource<bool>? Start { get; private set; }

    /// <summary>Starts in a row that came to nothing.</summary>
    public int Failures { get; private set; }

    /// <summary>Not started before this.</summary>
    public long? StartAgain { get; private set; }

    /// <summary>Why it could not be started; null: it could, or was not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Takes what a listing says of it.</summary>
    /// <returns>Whether another run of it has begun or ended.</returns>
    public bool See(Container container, bool isAsleep, long now)
    {
        var isOther = isAsleep != IsAsleep || (container.StartedAt != Container.StartedAt && container.StartedAt != default);
        IsToldToStop = container.IsStopping || (IsToldToStop && (isAsleep || !isOther));
        (Container, IsAsleep) = (container, isAsleep);
        Since = isOther ? now : Since;
        return isOther;
    }

    /// <summary>It runs. Whether for good is still to be seen.</summary>
    public void Run()
    {
        (IsStoppedHere, StopAgain, StopFailure, Failure) = (false, null, null, null);
        EndStart(true);
    }

    /// <summary>It has run for long enough, or was stopped on purpose: what went before counts no more.</summary>
    public void Forgive()
    {
        (Failures, Failure, StartAgain) = (0, null, null);
        IsStartedHere &= !IsAsleep;
    }

    public TaskCompletionSource<bool> BeginStart()
    {
        IsStartedHere = true;
        return Start = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void FailStart(string reason, Func<int, long> again)
    {
        Failures++;
        (Failure, StartAgain) = (reason, again(Failures));
        EndStart(false);
    }

    public void EndStart(bool runs)
    {
        Start?.TrySetResult(runs);
        Start = null;
    }

    public void BeginStop()
    {
        IsStopping = true;
        Volatile.Write(ref _stop, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }

    /// <param name="again">Until then it may be listed as running still.</param>
    public void EndStop(long again)
    {
        // Its next start may have been asked for meanwhile.
        (IsStopping, IsStoppedHere, IsStartedHere) = (false, true, IsStartedHere && Start is not null);
        (StopAgain, StopFailure) = (again, null);
        _stop?.TrySetResult();
    }

    /// <param name="reason">Null: it is needed, which is no failure.</param>
    public void FailStop(string? reason, long again)
    {
        (IsStopping, StopAgain, StopFailure) = (false, again, reason);
        _stop?.TrySetResult();
    }
}
