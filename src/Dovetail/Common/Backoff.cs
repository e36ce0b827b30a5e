namespace Dovetail.Common;

/// <summary>Exponential waits with jitter, so that twenty nodes that failed together do not try again together.</summary>
internal static class Backoff
{
    /// <param name="failures">How often it failed in a row; 0 means no wait.</param>
    /// <param name="minimum">The first wait before jitter.</param>
    /// <param name="maximum">The longest wait before jitter.</param>
    /// <param name="random">In [0, 1): the wait lies between 75 % and 125 % of its plain value.</param>
    public static TimeSpan Wait(int failures, TimeSpan minimum, TimeSpan maximum, double random)
    {
        if (failures <= 0)
        {
            return TimeSpan.Zero;
        }

        // 2^20 times any minimum is past any maximum, and does not overflow.
        var plain = Math.Min(minimum.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 20)), maximum.TotalSeconds);
        return TimeSpan.FromSeconds(plain * (0.75 + (random / 2)));
    }
}
