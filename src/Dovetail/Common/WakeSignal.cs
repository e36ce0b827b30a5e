namespace Dovetail.Common;

/// <summary>"Something changed": any number of calls to <see cref="Set"/> before a wait make for one wake-up.</summary>
internal sealed class WakeSignal : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _set = new(0, 1);

    public void Set()
    {
        lock (_lock)
        {
            if (_set.CurrentCount == 0)
            {
                _set.Release();
            }
        }
    }

    /// <summary>Waits for a <see cref="Set"/> since the last wait, at most <paramref name="atMost"/>.</summary>
    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _set.WaitAsync(atMost, cancellationToken);

    public void Dispose() => _set.Dispose();
}
