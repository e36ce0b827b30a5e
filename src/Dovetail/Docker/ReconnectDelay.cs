namespace Dovetail.Docker;

/// <summary>Exponential backoff with jitter.</summary>
internal static class ReconnectDelay
{
    /// <param name="attempt">0 for the first wait.</param>
    /// <param name="random">0 to 1; spreads the wait over 50 to 100 % of its length.</param>
    public static TimeSpan After(int attempt, TimeSpan min, TimeSpan max, double random)
    {
        var full = Math.Min(min.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 30)), max.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(full * (0.5 + (0.5 * random)));
    }
}
