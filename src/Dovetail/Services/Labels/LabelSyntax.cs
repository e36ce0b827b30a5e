using Dovetail.Common;
using Dovetail.Services.Model;

namespace Dovetail.Services.Labels;

/// <summary>Reads the value of a label.</summary>
/// <returns>Null when it was read; otherwise what is wrong or what is allowed, fit to print.</returns>
internal delegate string? LabelSyntax<T>(string text, out T value);

/// <summary>The plain kinds of values.</summary>
internal static class LabelSyntax
{
    private const int MaxNetworkLength = 255;
    private const int MaxHeaderNameLength = 100;

    public static string? Bool(string text, out bool value) => BoolSyntax.TryParse(text, out value) ? null : BoolSyntax.Allowed;

    public static string? Port(string text, out int value) => PortSyntax.TryParse(text, out value) ? null : PortSyntax.Allowed;

    public static string? Hold(string text, out TimeSpan value) =>
        DurationSyntax.TryParse(text, out value) && value <= ServiceOptions.MaxHold
            ? null
            : "allowed is a duration from 0 to 1h, such as 15s, 1m30s or 500ms";

    /// <param name="value">Null: never.</param>
    public static string? Sleep(string text, out TimeSpan? value)
    {
        var isDuration = DurationSyntax.TryParse(text, out var duration);
        value = duration == TimeSpan.Zero ? null : duration;
        return isDuration && (value is null || (value >= TimeSpan.FromSeconds(1) && value <= ServiceOptions.MaxSleep))
            ? null
            : "allowed is a duration from 1s to 720h, such as 30m or 2h, or 0 for never";
    }

    public static string? Wake(string text, out TimeSpan value) =>
        DurationSyntax.TryParse(text, out value) && value >= TimeSpan.FromSeconds(1) && value <= ServiceOptions.MaxHold
            ? null
            : "allowed is a duration from 1s to 1h, such as 90s or 5m";

    public static string? Memory(string text, out long? value)
    {
        var isAllowed = SizeSyntax.TryParse(text, out var bytes) && bytes is >= SizeSyntax.MinNodeMemory and <= SizeSyntax.MaxNodeMemory;
        value = bytes;
        return isAllowed ? null : SizeSyntax.AllowedNodeMemory;
    }

    /// <summary>Names that the Engine takes for a network.</summary>
    public static string? Network(string text, out string? value)
    {
        value = text;
        return text.Length is > 0 and <= MaxNetworkLength
            && char.IsAsciiLetterOrDigit(text[0])
            && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-')
                ? null
                : "allowed is the name of a Docker network";
    }

    /// <summary>A comma list of names of header fields (RFC 9110 section 5.1); spaces around a name are left out.</summary>
    /// <param name="value">As in <see cref="ServiceSettings.PassHeaders"/>.</param>
    public static string? HeaderNames(string text, out EquatableArray<string> value)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries);
        var areNames = Array.TrueForAll(names, static name => name.Length is > 0 and <= MaxHeaderNameLength && name.All(IsTokenCharacter));
        var plain = names.Select(PlainHeaderName).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        value = areNames ? plain.ToEquatableArray() : [];
        return areNames ? null : "allowed is a comma list of header names, such as Remote-User";
    }

    private static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c);

    private static string PlainHeaderName(string name) =>
        string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-'));

    /// <summary>One of a few words, in any case.</summary>
    public static LabelSyntax<T> OneOf<T>(params (string Word, T Value)[] choices)
        where T : struct => (text, out value) =>
    {
        foreach (var choice in choices)
        {
            if (text.Equals(choice.Word, StringComparison.OrdinalIgnoreCase))
            {
                value = choice.Value;
                return null;
            }
        }

        value = default;
        return $"allowed are {string.Join(", ", choices.Select(static choice => choice.Word))}";
    };
}
