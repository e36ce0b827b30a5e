using System.Globalization;
using System.Text;

namespace Dovetail.Common;

/// <summary>Makes foreign text fit for a log line or a terminal: it can neither end the line nor hide or reorder what follows.</summary>
internal static class Printable
{
    /// <summary>The text with everything that does not print escaped, cut to <paramref name="max"/> characters.</summary>
    public static string Text(string text, int max = 100) => Cut(text, max, Shown);

    /// <summary>The same for text that stands in no quotes and is encoded for where it goes: quotes and backslashes stay.</summary>
    public static string Plain(string text, int max) => Cut(text, max, static rune => Prints(rune) ? rune.ToString() : Shown(rune));

    private static string Cut(string text, int max, Func<Rune, string> show)
    {
        var result = new StringBuilder(Math.Min(text.Length, max) + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            var shown = show(rune);
            if (result.Length + shown.Length > max)
            {
                return result.Append(CultureInfo.InvariantCulture, $"… ({text.Length} characters)").ToString();
            }

            result.Append(shown);
        }

        return result.ToString();
    }

    /// <summary>
    /// A text of our own, which may hold foreign parts that nobody has looked at: what does not print is escaped, the end of a line is a space.
    /// The last thing that is done to a text before it goes to a log or a screen.
    /// </summary>
    public static string Line(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text;
        }

        var result = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '\n' => result.Append(' '),
                '\r' => result,
                _ when Prints(rune) => result.Append(rune),
                _ => result.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}"),
            };
        }

        return result.ToString();
    }

    private static string Shown(Rune rune) => rune.Value switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\\' => "\\\\",
        '"' => "\\\"",
        _ when Prints(rune) => rune.ToString(),
        _ => string.Create(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}"),
    };

    // Format characters turn the direction of text or do not show at all; Rune gives U+FFFD for half a surrogate pair.
    private static bool Prints(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate)
        && (rune.Value == ' ' || !Rune.IsWhiteSpace(rune));
}
