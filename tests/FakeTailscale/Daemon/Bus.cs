using System.Threading.Channels;

namespace FakeTailscale.Daemon;

/// <summary>Hands notifications to everybody who watches. Not thread-safe: guarded by the backend.</summary>
internal sealed class Bus
{
    private readonly List<BusSubscriber> _subscribers = [];

    public bool IsWatched => _subscribers.Count > 0;

    public void Add(BusSubscriber subscriber) => _subscribers.Add(subscriber);

    public void Remove(BusSubscriber subscriber) => _subscribers.Remove(subscriber);

    /// <param name="message">What to tell.</param>
    /// <param name="process">Only the subscribers of this process; null for all.</param>
    public void Send(BusMessage message, int? process = null)
    {
        byte[]? line = null;
        foreach (BusSubscriber subscriber in _subscribers)
        {
            if (process is null || subscriber.Process == process)
            {
                line ??= message.ToLine();
                subscriber.Add(line);
            }
        }
    }

    /// <summary>Ends every stream, as at shutdown.</summary>
    public void Complete()
    {
        foreach (BusSubscriber subscriber in _subscribers)
        {
            subscriber.Lines.Writer.TryComplete();
        }
    }
}

/// <summary>One stream of notifications.</summary>
/// <param name="Process">The process that watches: a login URL goes only to the process that began the login.</param>
internal sealed record BusSubscriber(int Process)
{
    // As many as the real daemon keeps for one that does not read.
    private const int Longest = 128;

    public Channel<byte[]> Lines { get; } = Channel.CreateUnbounded<byte[]>();

    /// <summary>Tells one more thing; a reader that is too far behind gets one error instead, and the end of its stream.</summary>
    public void Add(byte[] line)
    {
        if (Lines.Reader.Count < Longest)
        {
            Lines.Writer.TryWrite(line);
        }
        else if (Lines.Writer.TryWrite(new BusMessage { ErrMessage = "fell behind" }.ToLine()))
        {
            Lines.Writer.TryComplete();
        }
    }
}
