using System.Globalization;

namespace Dovetail.Common;

/// <summary>
/// Sizes of memory as Docker and Go write them: bytes, <c>64m</c>, <c>64mb</c>, <c>128MiB</c>, <c>1g</c>; every unit is a power of 1024.
/// </summary>
internal static class SizeSyntax
{
    /// <summary>The least that a tailscaled runs with without spending its time collecting garbage.</summary>
    public const long MinNodeMemory = 32L << 20;

    public const long MaxNodeMemory = 64L << 30;

    public const string AllowedNodeMemory = "allowed is a size from 32MiB to 64GiB, such as 128MiB, 256m or 1g";

    /// <summary>Reads a size in bytes, 0 or more; false for anything else.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var digits = text.AsSpan().IndexOfAnyExceptInRange('0', '9');
        digits = digits < 0 ? text.Length : digits;
        // 12 digits times 1024³ is still a long.
        if (digits is 0 or > 12 || !TryReadUnit(text.AsSpan(digits), out var shift))
        {
            return false;
        }

        var number = long.Parse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture);
        if (number > long.MaxValue >> shift)
        {
            return false;
        }

        bytes = number << shift;
        return true;
    }

    private static bool TryReadUnit(ReadOnlySpan<char> unit, out int shift)
    {
        shift = 0;
        if (unit.IsEmpty || unit.Equals("b", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        shift = char.ToLowerInvariant(unit[0]) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        return shift > 0 && (unit.Length == 1
            || unit[1..].Equals("b", StringComparison.OrdinalIgnoreCase)
            || unit[1..].Equals("ib", StringComparison.OrdinalIgnoreCase));
    }
}
