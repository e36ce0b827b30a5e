using System.Buffers;
using System.Globalization;
using System.Text;

namespace Dovetail.Proxy.Connections;

/// <summary>The head of an HTTP/1 request, byte by byte (RFC 9112).</summary>
internal static class HeadSyntax
{
    // Of several lengths Kestrel makes a refusal by itself.
    private static readonly SearchValues<byte> LengthCharacters = SearchValues.Create(" \t,\r0123456789"u8);

    /// <returns>Length of the request line with the empty lines before it, which Kestrel skips (RFC 9112, section 2.2); 0: it is not there as a whole.</returns>
    public static int LineLength(ReadOnlySpan<byte> bytes)
    {
        var start = bytes.IndexOfAnyExcept("\r\n"u8);
        return start < 0 || bytes[start..].IndexOf((byte)'\n') is not (var end and >= 0) ? 0 : start + end + 1;
    }

    /// <summary>Whether a request line is method, target and version, with one blank between them.</summary>
    public static bool HasThreeParts(ReadOnlySpan<byte> line) => line.Count((byte)' ') == 2;

    /// <summary>A request line whose target is percent-encoded where it is not ASCII. What else is not ASCII stays, and is refused.</summary>
    public static byte[] Encoded(ReadOnlySpan<byte> line)
    {
        var (start, end) = (line.IndexOf((byte)' '), line.LastIndexOf((byte)' '));
        var encoded = new StringBuilder(line.Length + 32);
        for (var i = 0; i < line.Length; i++)
        {
            _ = line[i] < 0x80 || i < start || i > end
                ? encoded.Append((char)line[i])
                : encoded.Append(CultureInfo.InvariantCulture, $"%{line[i]:X2}");
        }

        return Encoding.Latin1.GetBytes(encoded.ToString());
    }

    /// <summary>Looks at the fields that have come as a whole.</summary>
    /// <param name="fields">Lines of a head; at an empty one it ends.</param>
    /// <param name="connection">Is given the value of each <c>Connection</c> that names more than one thing; null: there was none so far.</param>
    /// <returns>Where a <c>Content-Length</c> has what is no number, such as a sign; negative: none has.</returns>
    public static int Scan(ReadOnlySpan<byte> fields, ref List<string>? connection)
    {
        for (var start = 0; fields[start..].IndexOf((byte)'\n') is var length and >= 0; start += length + 1)
        {
            var line = fields.Slice(start, length);
            if (line.IsEmpty || line[0] == '\r')
            {
                break;
            }

            // The two that are looked for, and few others.
            if ((line[0] | 0x20) != 'c' || line.IndexOf((byte)':') is not (var colon and > 0))
            {
                continue;
            }

            var value = line[(colon + 1)..];
            if (Ascii.EqualsIgnoreCase(line[..colon], "Connection"u8))
            {
                if (value.ContainsAny(",\""u8) || !IsWellKnown(value.Trim(" \t\r"u8)))
                {
                    (connection ??= []).Add(Encoding.Latin1.GetString(value.TrimEnd((byte)'\r')));
                }
            }
            else if (Ascii.EqualsIgnoreCase(line[..colon], "Content-Length"u8)
                && value.IndexOfAnyExcept(LengthCharacters) is var wrong and >= 0)
            {
                return start + colon + 1 + wrong;
            }
        }

        return -1;
    }

    private static bool IsWellKnown(ReadOnlySpan<byte> option) =>
        Ascii.EqualsIgnoreCase(option, "keep-alive"u8)
        || Ascii.EqualsIgnoreCase(option, "close"u8)
        || Ascii.EqualsIgnoreCase(option, "upgrade"u8);
}
