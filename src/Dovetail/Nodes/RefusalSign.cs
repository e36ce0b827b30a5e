namespace Dovetail.Nodes;

/// <summary>
/// Tells a machine that the control server has forgotten from one slip of it: the refusal has to come again. Thread-safe.
/// </summary>
internal sealed class RefusalSign(TimeProvider time)
{
    // tailscaled writes one refusal in several lines, and asks again within seconds (Headscale: up to 30 s).
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private DateTimeOffset _first;
    private DateTimeOffset _last;

    /// <summary>Whether the refusal has come again, and not long ago.</summary>
    public bool IsSure
    {
        get
        {
            lock (_lock)
            {
                return _last - _first >= Again && time.GetUtcNow() - _last < Forgotten;
            }
        }
    }

    /// <summary>Counts a line that tells of a refusal.</summary>
    /// <returns><see cref="IsSure"/>.</returns>
    public bool Add()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (now - _last >= Forgotten)
            {
                _first = now;
            }

            _last = now;
            return now - _first >= Again;
        }
    }
}
