namespace Dovetail.Processes;

/// <summary>The last lines of a log, oldest first; older ones are dropped.</summary>
/// <param name="capacity">How many lines are kept, at least 1.</param>
internal sealed class LogBuffer(int capacity)
{
    private readonly Queue<string> _lines = new(capacity);
    private readonly Lock _gate = new();

    public void Add(string line)
    {
        lock (_gate)
        {
            if (_lines.Count == capacity)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(line);
        }
    }

    /// <summary>The newest <paramref name="count"/> lines.</summary>
    public IReadOnlyList<string> Tail(int count)
    {
        lock (_gate)
        {
            return [.. _lines.Skip(Math.Max(0, _lines.Count - count))];
        }
    }
}
