using System.Globalization;
using System.Text;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// How Kestrel reads path and query of a request over HTTP/2 (<c>:path</c>). As they are it would reset the stream, or end the connection
/// with all its other streams, for what can be put right and for what should be answered: bytes that are not ASCII are percent-encoded, as
/// browsers do it, and what is no target, or too long for one, becomes one that is refused with a reason.
/// </summary>
/// <param name="longest">
/// Bytes of a request line; longer targets are cut to that. With a method before them they are still too long, whoever looks at them.
/// </param>
internal sealed class TargetEncoding(int longest) : Encoding
{
    // A control character: refused in a target, and nothing worse.
    private const char Wrong = '\x7f';

    public override unsafe int GetCharCount(byte* bytes, int count) => Count(new ReadOnlySpan<byte>(bytes, count));

    public override int GetCharCount(byte[] bytes, int index, int count) => Count(bytes.AsSpan(index, count));

    public override unsafe int GetChars(byte* bytes, int byteCount, char* chars, int charCount) =>
        Write(new ReadOnlySpan<byte>(bytes, byteCount), new Span<char>(chars, charCount));

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        Write(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetMaxCharCount(int byteCount) => longest;

    public override int GetByteCount(char[] chars, int index, int count) => throw new NotSupportedException();

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        throw new NotSupportedException();

    public override int GetMaxByteCount(int charCount) => throw new NotSupportedException();

    private int Count(ReadOnlySpan<byte> bytes) => IsGood(bytes) ? bytes.Length : Shown(bytes).Length;

    private int Write(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        if (IsGood(bytes))
        {
            Ascii.ToUtf16(bytes, chars, out var written);
            return written;
        }

        var shown = Shown(bytes);
        shown.CopyTo(chars);
        return shown.Length;
    }

    private bool IsGood(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= longest && bytes.StartsWith((byte)'/') && !bytes.ContainsAnyExceptInRange((byte)'!', (byte)'~')
        && bytes.IndexOf("%00"u8) < 0;

    private string Shown(ReadOnlySpan<byte> bytes)
    {
        // Kestrel wants a path, or an asterisk, and decodes the path.
        var shown = new StringBuilder(bytes.StartsWith((byte)'/') || bytes.SequenceEqual("*"u8) ? "" : $"/{Wrong}");
        var query = bytes.IndexOf((byte)'?');
        for (var i = 0; i < bytes.Length && shown.Length < longest; i++)
        {
            var isZero = bytes[i..].StartsWith("%00"u8) && (query < 0 || i < query);
            _ = bytes[i] >= 0x80 ? shown.Append(CultureInfo.InvariantCulture, $"%{bytes[i]:X2}")
                : shown.Append(isZero || bytes[i] is 0 or (byte)'\r' or (byte)'\n' ? Wrong : (char)bytes[i]);
        }

        return shown.ToString(0, Math.Min(shown.Length, longest));
    }
}
