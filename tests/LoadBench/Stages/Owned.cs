using System.Collections.Concurrent;

namespace LoadBench.Stages;

/// <summary>What goes together at the end, the last first.</summary>
internal sealed class Owned : IAsyncDisposable
{
    private readonly ConcurrentStack<IAsyncDisposable> _all = [];

    public T Add<T>(T owned)
        where T : IAsyncDisposable
    {
        _all.Push(owned);
        return owned;
    }

    public async ValueTask DisposeAsync()
    {
        while (_all.TryPop(out var owned))
        {
            await owned.DisposeAsync();
        }
    }
}
