using System.IO.Pipelines;

namespace Dovetail.Proxy.Transport;

/// <summary>
/// How much small traffic there is on all connections together. While there is little, each piece is dealt with on the thread that the
/// kernel woke for it: nothing is faster. When there is much, pieces are handed to the thread pool and go out together, so that the
/// processes at both ends of a connection are woken once for many.
/// </summary>
internal sealed class Traffic(TimeProvider time) : PipeScheduler
{
    // Measured: one connection that asks and is answered in turn makes 32 pieces in that time, and 32 of them make 100. They come in bursts.
    private const int Most = 64;
    private const int WindowsPerSecond = 250;

    private readonly long _ticksPerWindow = Math.Max(1, time.TimestampFrequency / WindowsPerSecond);
    private readonly SendQueue[] _queues = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(static _ => new SendQueue())];
    private uint _turn;
    private long _window;
    private int _pieces;
    private bool _wasMuch;

    /// <summary>Whether there is much. Threads that cross here may miscount by a few.</summary>
    public bool IsMuch => _wasMuch || _pieces > Most;

    /// <summary>For a new connection: where it waits for its turn to send. Each of the queues has as many.</summary>
    public SendQueue NextQueue() => _queues[Interlocked.Increment(ref _turn) % _queues.Length];

    /// <summary>A small piece has come or goes.</summary>
    public void Count()
    {
        var window = time.GetTimestamp() / _ticksPerWindow;
        if (window != _window)
        {
            _wasMuch = _pieces > Most && window == _window + 1;
            _window = window;
            _pieces = 0;
        }

        _pieces++;
    }

    /// <summary>Runs what a piece that has come leads to.</summary>
    public override void Schedule(Action<object?> action, object? state)
    {
        if (IsMuch)
        {
            ThreadPool.Schedule(action, state);
        }
        else
        {
            action(state);
        }
    }
}
