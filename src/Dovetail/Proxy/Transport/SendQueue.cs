using System.Collections.Concurrent;

namespace Dovetail.Proxy.Transport;

/// <summary>
/// Connections that have collected something to send. One thread at a time sends for all of them, one after the other: a thread woken for
/// each would cost more than the sending.
/// </summary>
internal sealed class SendQueue : IThreadPoolWorkItem
{
    private readonly ConcurrentQueue<SocketStream> _waiting = new();
    private int _isScheduled;

    public void Add(SocketStream stream)
    {
        _waiting.Enqueue(stream);
        ScheduleOnce();
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (_waiting.TryDequeue(out var stream))
        {
            stream.SendCollected();
        }

        Volatile.Write(ref _isScheduled, 0);
        // One may have been added after the last look and before that.
        Interlocked.MemoryBarrier();
        if (!_waiting.IsEmpty)
        {
            ScheduleOnce();
        }
    }

    private void ScheduleOnce()
    {
        if (Interlocked.CompareExchange(ref _isScheduled, 1, 0) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
