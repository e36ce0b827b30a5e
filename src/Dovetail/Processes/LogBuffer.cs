using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Dovetail.Processes;

/// <summary>The last lines of a log, oldest first; older ones are dropped.</summary>
/// <param name="capacity">How many lines are kept, at least 1.</param>
internal sealed class LogBuffer(int capacity)
{
    private readonly Queue<string> _lines = new(capacity);
    private readonly HashSet<Channel<string>> _followers = [];
    private readonly Lock _lock = new();

    public void Add(string line)
    {
        lock (_lock)
        {
            if (_lines.Count == capacity)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(line);
            foreach (var follower in _followers)
            {
                follower.Writer.TryWrite(line);
            }
        }
    }

    /// <summary>The newest <paramref name="count"/> lines.</summary>
    public IReadOnlyList<string> Tail(int count)
    {
        lock (_lock)
        {
            return [.. _lines.Skip(Math.Max(0, _lines.Count - count))];
        }
    }

    /// <summary>All lines that are kept, then each new one until cancelled. A follower that reads too slowly misses the oldest.</summary>
    public async IAsyncEnumerable<string> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<string>(new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
        {
            foreach (var line in _lines)
            {
                channel.Writer.TryWrite(line);
            }

            _followers.Add(channel);
        }

        try
        {
            await foreach (var line in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return line;
            }
        }
        finally
        {
            lock (_lock)
            {
                _followers.Remove(channel);
            }
        }
    }
}
