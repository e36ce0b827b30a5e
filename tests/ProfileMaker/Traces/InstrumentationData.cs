namespace ProfileMaker.Traces;

/// <summary>The instrumentation data of one method, which comes in as many events as its size needs.</summary>
internal sealed class InstrumentationData
{
    private const int NumberMask = int.MaxValue;

    private readonly List<byte[]> _chunks = [];

    /// <summary>Whether the last event has come.</summary>
    public bool IsComplete { get; private set; }

    public byte[] Bytes => [.. _chunks.SelectMany(chunk => chunk)];

    /// <param name="flags">Number of the event, from 0; the highest bit marks the last one.</param>
    public void Add(int flags, byte[] chunk)
    {
        var number = flags & NumberMask;
        if (number != _chunks.Count || IsComplete)
        {
            if (number != 0)
            {
                // One was lost; without it the others are of no use.
                return;
            }

            // The runtime tells it all again.
            _chunks.Clear();
        }

        _chunks.Add(chunk);
        IsComplete = flags < 0;
    }
}
