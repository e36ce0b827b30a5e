using System.Globalization;
using Dovetail.Common;

namespace Dovetail.Configuration;

/// <summary>Reads the text of a setting, which is neither empty nor surrounded by white space.</summary>
/// <returns>What to give instead; null when <paramref name="value"/> is read.</returns>
internal delegate string? SettingParser<T>(string text, out T value);

/// <summary>One thing that can be configured: by an environment variable, and by the command-line option that goes with it.</summary>
/// <param name="Variable">Name of the environment variable.</param>
/// <param name="Default">As one would write it; null: none.</param>
/// <param name="Help">What it is, in one line.</param>
internal abstract record Setting(string Variable, string? Default, string Help)
{
    /// <summary>What is wrong with a value in quotes, which no setting takes.</summary>
    public const string Quoted = "has quotes around it, as docker's --env-file and a list in Compose keep them; remove them";

    private delegate bool TryParse<T>(string text, out T value);

    /// <summary>What holds when it has no default and is not set.</summary>
    public string? WhenUnset { get; init; }

    /// <summary>Least and greatest value as one would write them; null: it has none.</summary>
    public string? Range { get; private init; }

    /// <summary>A secret has no option, because every process on the host can read argument lists, and is never printed.</summary>
    public bool IsSecret { get; init; }

    /// <summary><c>TS_STATE_DIR</c> is <c>--state-dir</c>, <c>DOCKER_HOST</c> is <c>--docker-host</c>.</summary>
    public string Option => "--" + Variable
        .Replace("DOVETAIL_", "", StringComparison.Ordinal)
        .Replace("TS_", "", StringComparison.Ordinal)
        .Replace('_', '-')
        .ToLowerInvariant();

    /// <summary>The option's line in the help text.</summary>
    public string Description
    {
        get
        {
            var standard = Default is not null ? $"; default {Default}" : WhenUnset is not null ? $"; default: {WhenUnset}" : "";
            return $"{Help} [{Variable}{standard}{(Range is null ? "" : $"; {Range}")}]";
        }
    }

    /// <summary>Any text.</summary>
    public static Setting<string> Text(string variable, string standard, string help) => new(variable, standard, help, AnyText);

    /// <summary>Any text, or null when it is not set.</summary>
    public static Setting<string?> Optional(string variable, string help) => new(variable, null, help, AnyText!);

    public static Setting<bool> Flag(string variable, string standard, string help) => new(
        variable, standard, help, static (text, out value) => BoolSyntax.TryParse(text, out value) ? null : BoolSyntax.Allowed);

    public static Setting<int> Number(string variable, string standard, string help, int least, int most) => Ranged(
        variable,
        standard,
        help,
        "give a number",
        (least, most),
        static (text, out value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value),
        static value => value.ToString(CultureInfo.InvariantCulture));

    /// <summary>A size in bytes.</summary>
    public static Setting<long> Size(string variable, string standard, string help, long least, long most) =>
        Ranged(variable, standard, help, $"give a size such as {standard},", (least, most), SizeSyntax.TryParse, Written);

    public static Setting<TimeSpan> Duration(string variable, string standard, string help, TimeSpan least, TimeSpan most) =>
        Ranged(variable, standard, help, $"give a duration such as {standard},", (least, most), DurationSyntax.TryParse, Written);

    private static Setting<T> Ranged<T>(
        string variable, string standard, string help, string give, (T Least, T Most) bounds, TryParse<T> tryParse, Func<T, string> write)
        where T : IComparable<T>
    {
        var range = $"{write(bounds.Least)} to {write(bounds.Most)}";
        return new Setting<T>(variable, standard, help, Parse) { Range = range };

        string? Parse(string text, out T value) =>
            tryParse(text, out value) && value.CompareTo(bounds.Least) >= 0 && value.CompareTo(bounds.Most) <= 0
                ? null
                : $"{give} from {range}";
    }

    private static string? AnyText(string text, out string value)
    {
        value = text;
        return null;
    }

    private static string Written(long bytes) => bytes switch
    {
        _ when bytes % (1 << 30) == 0 => $"{bytes >> 30}GiB",
        _ when bytes % (1 << 20) == 0 => $"{bytes >> 20}MiB",
        _ => $"{bytes >> 10}KiB",
    };

    private static string Written(TimeSpan duration) => duration switch
    {
        { TotalMinutes: < 1 } => $"{duration.TotalSeconds:0}s",
        { TotalHours: < 1 } => $"{duration.TotalMinutes:0}m",
        _ => $"{duration.TotalHours:0}h",
    };
}

/// <summary>A setting and how its text is read.</summary>
/// <typeparam name="T">Has null, or a default that means "not set", where the setting has no default.</typeparam>
internal sealed record Setting<T>(string Variable, string? Default, string Help, SettingParser<T> Parse) : Setting(Variable, Default, Help);
