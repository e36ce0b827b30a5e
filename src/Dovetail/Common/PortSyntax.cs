using System.Globalization;

namespace Dovetail.Common;

/// <summary>Port numbers: decimal, without sign or space.</summary>
internal static class PortSyntax
{
    public const string Allowed = "allowed is a port number from 1 to 65535";

    public static bool TryParse(string text, out int port)
    {
        port = 0;
        return text.Length is >= 1 and <= 5
            && text.All(char.IsAsciiDigit)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port is >= 1 and <= ushort.MaxValue;
    }
}
