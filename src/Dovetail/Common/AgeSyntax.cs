using System.Globalization;

namespace Dovetail.Common;

/// <summary>Spans that may be long: days (<c>30d</c>), or a duration as <see cref="DurationSyntax"/> has it.</summary>
internal static class AgeSyntax
{
    private const int MaxDays = 36_500;

    /// <returns>Null when it is neither.</returns>
    public static TimeSpan? Read(string text) =>
        text.EndsWith('d') && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days <= MaxDays
            ? TimeSpan.FromDays(days)
            : DurationSyntax.TryParse(text, out var age) ? age : null;
}
