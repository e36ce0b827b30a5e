using System.Text;

namespace FakeTailscale.Common;

/// <summary>The words in which Go's encoding/json complains, as far as recordings show them.</summary>
internal static class GoJsonError
{
    /// <summary>Describes why the document cannot be read. Only called for documents that cannot.</summary>
    /// <param name="stream">True for a decoder on a stream, which says EOF where Unmarshal says "unexpected end of JSON input".</param>
    public static string Describe(ReadOnlySpan<byte> document, bool stream)
    {
        string text = Encoding.UTF8.GetString(document).TrimStart(' ', '\t', '\r', '\n');
        if (text.Length == 0)
        {
            return stream ? "EOF" : "unexpected end of JSON input";
        }

        if (text[0] == '{')
        {
            string inside = text[1..].TrimStart(' ', '\t', '\r', '\n');
            if (inside.Length > 0 && inside[0] is not ('"' or '}'))
            {
                return $"invalid character '{inside[0]}' looking for beginning of object key string";
            }
        }
        else if (text[0] is not ('[' or '"' or '-' or 't' or 'f' or 'n') && !char.IsAsciiDigit(text[0]))
        {
            return $"invalid character '{text[0]}' looking for beginning of value";
        }

        return stream ? "unexpected EOF" : "unexpected end of JSON input";
    }
}
