namespace Dovetail.Common;

/// <summary>Lets one log line through per period, and counts the others: what a stranger can cause must not fill the log.</summary>
internal sealed class LogThrottle(TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long? _last;
    private int _suppressed;

    /// <param name="suppressed">Lines that did not pass since the last that did.</param>
    public bool TryPass(out int suppressed)
    {
        lock (_lock)
        {
            suppressed = _suppressed;
            if (_last is { } last && time.GetElapsedTime(last) < Period)
            {
                _suppressed++;
                return false;
            }

            _last = time.GetTimestamp();
            _suppressed = 0;
            return true;
        }
    }
}
