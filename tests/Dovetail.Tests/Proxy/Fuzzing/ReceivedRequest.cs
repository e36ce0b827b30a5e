using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>
/// What a container received, read by the narrowest grammar there is: what passes here looks the same to every reader, however strict or
/// lenient.
/// </summary>
internal sealed partial record ReceivedRequest(string Method, string Target, IReadOnlyList<Field> Fields, byte[] Content)
{
    /// <param name="bytes">Latin-1.</param>
    /// <returns>Null: it has not come as a whole.</returns>
    /// <exception cref="FormatException">It is not in the one form that cannot be misread.</exception>
    public static ReceivedRequest? Read(string bytes, out int length)
    {
        length = 0;
        var end = bytes.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        var lines = bytes[..end].Split("\r\n");
        var request = RequestLine().Match(lines[0]);
        if (!request.Success)
        {
            throw new FormatException($"Request line: {lines[0]}");
        }

        var fields = new List<Field>();
        foreach (var line in lines[1..])
        {
            var field = FieldLine().Match(line);
            if (!field.Success)
            {
                throw new FormatException($"Field: {line}");
            }

            fields.Add(new Field(field.Groups[1].Value, field.Groups[2].Value));
        }

        length = end + 4;
        return ReadContent(bytes, fields, ref length) is { } content
            ? new ReceivedRequest(request.Groups[1].Value, request.Groups[2].Value, fields, content)
            : null;
    }

    /// <summary>All values of a field, as one.</summary>
    public string? Value(string name) => Join(Fields, name);

    public static string? Join(IEnumerable<Field> fields, string name)
    {
        var values = fields.Where(field => Syntax.Same(field.Name, name)).Select(static field => field.Value).ToArray();

        // Products are separated by blanks (RFC 9110, section 10.1.5).
        var separator = Syntax.Same(name, "Cookie") ? ";" : Syntax.Same(name, "User-Agent") || Syntax.Same(name, "Server") ? " " : ",";
        return values.Length == 0 ? null
            : string.Join(separator, values.SelectMany(value => value.Split(separator)).Select(Syntax.Trim).Where(static part => part.Length > 0));
    }

    private static byte[]? ReadContent(string bytes, List<Field> fields, ref int position)
    {
        var lengths = fields.Where(static field => Syntax.Same(field.Name, "Content-Length")).ToArray();
        var codings = fields.Where(static field => Syntax.Same(field.Name, "Transfer-Encoding")).ToArray();
        if (lengths.Length + codings.Length > 1)
        {
            throw new FormatException("Two ways to frame the content.");
        }

        if (codings is [var coding])
        {
            return coding.Value == "chunked" ? ReadChunks(bytes, ref position) : throw new FormatException($"Transfer-Encoding: {coding.Value}");
        }

        var size = lengths is [var one] ? Digits().IsMatch(one.Value) ? int.Parse(one.Value, CultureInfo.InvariantCulture)
            : throw new FormatException($"Content-Length: {one.Value}") : 0;
        return Take(bytes, size, ref position);
    }

    private static byte[]? ReadChunks(string bytes, ref int position)
    {
        var content = new List<byte>();
        while (true)
        {
            var end = bytes.IndexOf("\r\n", position, StringComparison.Ordinal);
            if (end < 0)
            {
                return null;
            }

            var line = bytes[position..end];
            if (!ChunkSize().IsMatch(line))
            {
                throw new FormatException($"Chunk: {line}");
            }

            position = end + 2;
            var size = int.Parse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (Take(bytes, size + 2, ref position) is not { } chunk)
            {
                return null;
            }

            if (chunk[^2] != '\r' || chunk[^1] != '\n')
            {
                throw new FormatException("Chunk without its end.");
            }

            content.AddRange(chunk[..^2]);
            if (size == 0)
            {
                return [.. content];
            }
        }
    }

    private static byte[]? Take(string bytes, int size, ref int position)
    {
        if (bytes.Length - position < size)
        {
            return null;
        }

        position += size;
        return Encoding.Latin1.GetBytes(bytes[(position - size)..position]);
    }

    [GeneratedRegex(@"\A([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!""$-~]+) HTTP/1\.1\z")]
    private static partial Regex RequestLine();

    [GeneratedRegex(@"\A([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ ]*((?:[^\0\r\n\t ][^\0\r\n]*)?)\z")]
    private static partial Regex FieldLine();

    [GeneratedRegex(@"\A[0-9]{1,9}\z")]
    private static partial Regex Digits();

    [GeneratedRegex(@"\A[0-9A-Fa-f]{1,7}\z")]
    private static partial Regex ChunkSize();
}
