using System.Buffers;
using System.Globalization;

namespace FakeTailscale.Common;

/// <summary>Durations as Go flags take them: <c>1h30m</c>, <c>10s</c>, <c>250ms</c>.</summary>
internal static class GoDuration
{
    private static readonly (string Suffix, double Milliseconds)[] Units =
        [("ms", 1), ("us", 0.001), ("ns", 0.000001), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)];

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }

        ReadOnlySpan<char> rest = text;
        while (rest.Length > 0)
        {
            int digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.Float, CultureInfo.InvariantCulture, out double amount))
            {
                return false;
            }

            rest = rest[digits..];
            bool known = false;
            foreach ((string suffix, double milliseconds) in Units)
            {
                if (rest.StartsWith(suffix, StringComparison.Ordinal))
                {
                    duration += TimeSpan.FromMilliseconds(amount * milliseconds);
                    rest = rest[suffix.Length..];
                    known = true;
                    break;
                }
            }

            if (!known)
            {
                return false;
            }
        }

        return text.Length > 0;
    }
}
