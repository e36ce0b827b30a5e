namespace Dovetail.Metrics.Otlp;

internal enum OtlpVerdict
{
    Taken,

    /// <summary>Not taken, but it may be the next time.</summary>
    Later,

    /// <summary>Not taken, and the same would not be either.</summary>
    Refused,
}

/// <summary>What became of one request to the collector.</summary>
/// <param name="Reason">Why it was not taken, or taken in part only, fit to print; null: it was.</param>
/// <param name="After">How long the collector asks to wait; null: it says nothing.</param>
internal sealed record OtlpAnswer(OtlpVerdict Verdict, string? Reason = null, TimeSpan? After = null)
{
    // A collector that asks for more is mistaken, and would be forgotten.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    public TimeSpan? After { get; } = After is { } asked ? TimeSpan.FromTicks(Math.Clamp(asked.Ticks, 0, LongestWait.Ticks)) : null;
}
