using System.Globalization;
using System.Text;

namespace Dovetail.Proxy.Identity;

/// <summary>RFC 2047 for header values: UTF-8 in Q encoding, as <c>tailscale serve</c> does it.</summary>
internal static class EncodedWord
{
    // RFC 2047 section 2: an encoded word is at most 75 characters long.
    private const int MaxLength = 75;
    private const string Start = "=?utf-8?q?";
    private const string End = "?=";

    /// <summary>Printable ASCII stays as it is; anything else becomes encoded words, one after another on one line.</summary>
    public static string Encode(string text)
    {
        if (IsPlain(text))
        {
            return text;
        }

        var result = new StringBuilder(Start);
        var capacity = MaxLength - Start.Length - End.Length;
        var used = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            // RFC 2047 section 5: a character is never split between two words.
            var encoded = Encode(rune);
            if (used + encoded.Length > capacity)
            {
                result.Append(End).Append(' ').Append(Start);
                used = 0;
            }

            result.Append(encoded);
            used += encoded.Length;
        }

        return result.Append(End).ToString();
    }

    // What looks like an encoded word is encoded too, or a name could choose how it is read.
    private static bool IsPlain(string text) =>
        text.All(c => c is >= ' ' and <= '~')
        && !text.Contains("=?", StringComparison.Ordinal)
        && text.AsSpan().Trim(' ').Length == text.Length;

    private static string Encode(Rune rune)
    {
        if (rune.Value == ' ')
        {
            return "_";
        }

        if (rune.Value is > ' ' and <= '~' and not ('=' or '?' or '_'))
        {
            return rune.ToString();
        }

        Span<byte> utf8 = stackalloc byte[4];
        var length = rune.EncodeToUtf8(utf8);
        var result = new StringBuilder(3 * length);
        foreach (var b in utf8[..length])
        {
            result.Append(CultureInfo.InvariantCulture, $"={b:X2}");
        }

        return result.ToString();
    }
}
