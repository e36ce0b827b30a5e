namespace Dovetail.Common;

/// <summary>"Something changed": any number of calls to <see cref="Set"/> before a wait make for one wake-up. For one waiter.</summary>
internal sealed class WakeSignal(TimeProvider time)
{
    private TaskCompletionSource _set = NewSource();

    public void Set()
    {
        // What changed must be seen by whoever took the signal down just before this looks at it.
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _set).TrySetResult();
    }

    /// <summary>Waits for a <see cref="Set"/> since the last wait, at most <paramref name="atMost"/>.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var set = _set.Task;
        await set.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (set.IsCompleted)
        {
            Interlocked.Exchange(ref _set, NewSource());
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
