using System.Globalization;

namespace FakeTailscale.Common;

/// <summary>Times as Go's JSON writes them.</summary>
internal static class GoTime
{
    public const string Zero = "0001-01-01T00:00:00Z";

    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    public static DateTimeOffset Parse(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    /// <summary>Cuts to whole seconds, as control announces expiry and creation.</summary>
    public static DateTimeOffset ToSeconds(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero);

    /// <summary>Cuts to tenths of a second, as control announces when a node was last seen.</summary>
    public static DateTimeOffset ToTenths(DateTimeOffset time) =>
        new(time.UtcTicks - (time.UtcTicks % (TimeSpan.TicksPerSecond / 10)), TimeSpan.Zero);
}
