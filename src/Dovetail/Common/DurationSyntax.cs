namespace Dovetail.Common;

/// <summary>Durations as Go and Compose write them: <c>15s</c>, <c>1m30s</c>, <c>1.5h</c>, <c>500ms</c>, <c>0</c>.</summary>
internal static class DurationSyntax
{
    // More digits than any sane duration needs, and few enough that no sum overflows.
    private const int MaxTextLength = 32;
    private const int MaxDigits = 12;

    /// <summary>Reads a duration that is not negative; false for anything else.</summary>
    public static bool TryParse(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }

        if (text.Length is 0 or > MaxTextLength)
        {
            return false;
        }

        var total = 0m;
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            if (!TryReadNumber(ref rest, out var number) || !TryReadUnit(ref rest, out var ticks))
            {
                return false;
            }

            total += number * ticks;
        }

        if (total > TimeSpan.MaxValue.Ticks)
        {
            return false;
        }

        value = TimeSpan.FromTicks((long)total);
        return true;
    }

    private static bool TryReadNumber(ref ReadOnlySpan<char> rest, out decimal number)
    {
        number = 0;
        var digits = 0;
        var scale = 0m;
        var read = 0;
        for (; read < rest.Length; read++)
        {
            if (rest[read] == '.' && scale == 0)
            {
                scale = 1;
            }
            else if (char.IsAsciiDigit(rest[read]) && ++digits <= MaxDigits)
            {
                number = (number * 10) + (rest[read] - '0');
                scale *= 10;
            }
            else
            {
                break;
            }
        }

        number = scale > 0 ? number / scale : number;
        rest = rest[read..];
        return digits > 0;
    }

    private static bool TryReadUnit(ref ReadOnlySpan<char> rest, out decimal ticks)
    {
        // Longest first: "ms" begins with "m".
        ReadOnlySpan<(string Name, decimal Ticks)> units =
        [
            ("ns", 1m / TimeSpan.NanosecondsPerTick),
            ("us", TimeSpan.TicksPerMicrosecond), ("µs", TimeSpan.TicksPerMicrosecond), ("μs", TimeSpan.TicksPerMicrosecond),
            ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond),
            ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour),
        ];
        foreach (var unit in units)
        {
            if (rest.StartsWith(unit.Name, StringComparison.Ordinal))
            {
                rest = rest[unit.Name.Length..];
                ticks = unit.Ticks;
                return true;
            }
        }

        ticks = 0;
        return false;
    }
}
