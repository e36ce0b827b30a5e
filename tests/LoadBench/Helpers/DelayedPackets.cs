using Microsoft.Win32.SafeHandles;

namespace LoadBench.Helpers;

/// <summary>Carries the packets of one device to another, each after the same time, and loses some.</summary>
internal sealed class DelayedPackets : IDisposable
{
    private const int LongestPacket = 65536;

    private readonly Lock _lock = new();
    private readonly Queue<(long Due, byte[] Packet)> _queue = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly SafeFileHandle _from;
    private readonly SafeFileHandle _to;
    private readonly TimeSpan _delay;
    private readonly double _loss;
    private readonly Random _random;

    /// <param name="loss">Share of the packets, 0 to 1.</param>
    /// <param name="seed">So that every run loses the same ones.</param>
    public DelayedPackets(SafeFileHandle from, SafeFileHandle to, TimeSpan delay, double loss, int seed)
    {
        (_from, _to, _delay, _loss, _random) = (from, to, delay, loss, new Random(seed));
        new Thread(Read) { IsBackground = true }.Start();
        new Thread(Write) { IsBackground = true }.Start();
    }

    /// <summary>After this nothing arrives any more; its threads end with the process.</summary>
    public void Dispose() => _arrived.Dispose();

    private void Read()
    {
        var buffer = new byte[LongestPacket];
        while (NetworkNamespace.ReadPacket(_from, buffer) is var length and > 0)
        {
            if (_loss > 0 && _random.NextDouble() < _loss)
            {
                continue;
            }

            var due = TimeProvider.System.GetTimestamp() + (long)(_delay.TotalSeconds * TimeProvider.System.TimestampFrequency);
            lock (_lock)
            {
                _queue.Enqueue((due, buffer[..length]));
            }

            _arrived.Release();
        }
    }

    private void Write()
    {
        while (true)
        {
            _arrived.Wait();
            (long Due, byte[] Packet) next;
            lock (_lock)
            {
                next = _queue.Dequeue();
            }

            // All wait equally long, so the first is always the next due.
            if (TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), next.Due) is var left && left > TimeSpan.Zero)
            {
                Task.Delay(left).Wait();
            }

            NetworkNamespace.WritePacket(_to, next.Packet);
        }
    }
}
