namespace FakeTailscale.Control;

/// <summary>A limit that answers 429 so many times.</summary>
internal sealed class RateLimit(TimeSpan? retryAfter, int times)
{
    private readonly bool _unlimited = times < 0;
    private int _left = times;

    public TimeSpan? RetryAfter => retryAfter;

    /// <summary>True when this request is over the limit.</summary>
    public bool Take() => _unlimited || Interlocked.Decrement(ref _left) >= 0;
}
