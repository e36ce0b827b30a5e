namespace Dovetail.Common;

/// <summary>Spans of time as a person says them.</summary>
internal static class Ages
{
    public static string Short(TimeSpan age) => age switch
    {
        { TotalSeconds: < 60 } => $"{Math.Max(0, age.TotalSeconds):0} s",
        { TotalMinutes: < 60 } => $"{age.TotalMinutes:0} min",
        { TotalHours: < 48 } => $"{age.TotalHours:0} h",
        _ => $"{age.TotalDays:0} d",
    };

    public static string Ago(TimeSpan age) => Short(age) + " ago";

    /// <summary>Until something comes.</summary>
    public static string In(TimeSpan left) => left <= TimeSpan.Zero ? "now" : $"in {Short(left)}";

    /// <summary>Until something ends.</summary>
    public static string Left(TimeSpan left) => left <= TimeSpan.Zero ? "expired"
        : left < TimeSpan.FromDays(2) ? $"{left.TotalHours:0} h left" : $"{left.TotalDays:0} d left";
}
