using System.Globalization;
using System.Text;

namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>
/// Reads the bytes of HTTP/1 as RFC 9112 wants it: what it says MUST be refused is, what it leaves open may go either way.
/// </summary>
internal sealed class Http1Reader
{
    // What a request line may have without being refused for its length alone (RFC 9112, section 3: at least 8000).
    private const int MostLine = 8000;

    private readonly string _text;
    private int _position;
    private bool _isUnusual;
    private string _why = "";

    private Http1Reader(ReadOnlySpan<byte> bytes) => _text = Encoding.Latin1.GetString(bytes);

    /// <summary>Reads the first request.</summary>
    public static RequestReading Read(ReadOnlySpan<byte> bytes) => new Http1Reader(bytes).Read();

    private RequestReading Read()
    {
        while (_position < _text.Length && _text[_position] is '\r' or '\n')
        {
            // RFC 9112, section 2.2: at least one empty line SHOULD be ignored. What else is there means nothing either.
            _position++;
            Unusual("an empty line before the request");
        }

        if (Line() is not { } line)
        {
            return Incomplete();
        }

        if (line.Length > MostLine)
        {
            Unusual("a long request line");
        }

        var parts = line.Split(' ');
        if (parts.Length != 3 || !Syntax.IsToken(parts[0]) || parts[2] is not { Length: 8 } version || !version.StartsWith("HTTP/1.", StringComparison.Ordinal)
            || !char.IsAsciiDigit(version[7]))
        {
            return Refused("the request line");
        }

        if (!parts[0].All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            Unusual("a method that is no word");
        }

        if (version[7] > '1')
        {
            Unusual("a minor version that is not known");
        }

        var (fields, isWrong) = (new List<Field>(), false);
        while (true)
        {
            if (Line() is not { } next)
            {
                return Incomplete();
            }

            if (next.Length == 0)
            {
                break;
            }

            if (ReadField(next) is { } field)
            {
                fields.Add(field);
            }
            else
            {
                isWrong = true;
            }
        }

        var reading = ReadContent(parts[0], parts[1], fields, isHttp10: version[7] == '0');
        return isWrong && reading.Verdict != Verdict.Incomplete ? reading with { Verdict = Verdict.Refused, Request = null, Why = "a field" } : reading;
    }

    private RequestReading ReadContent(string method, string target, List<Field> fields, bool isHttp10)
    {
        var (path, authority) = ReadTarget(method, target);
        var host = ReadHost(fields, authority, isHttp10);
        var ends = Ends(fields, isHttp10);
        var framing = Framing(fields, isHttp10, ref ends, out var length);
        if (framing is null)
        {
            return Refused(_why, ends: true);
        }

        var content = framing == "chunked" ? ReadChunks() : ReadBytes(length);
        if (content is null)
        {
            return _why.StartsWith("chunk", StringComparison.Ordinal) ? Refused(_why, ends: true) : Incomplete();
        }

        if (path is null || host is null || Syntax.IsRefusedMethod(method))
        {
            // Where it ends is known: the next one may be served.
            return Refused(path is null ? "the target" : host is null ? "the host" : "the method", ends);
        }

        return new RequestReading(
            _isUnusual ? Verdict.MayPass : Verdict.Passed, new ReadRequest(method, path, host, fields, content), _position, ends, _why);
    }

    private (string? Path, string? Authority) ReadTarget(string method, string target)
    {
        if (target == "*")
        {
            return (method == "OPTIONS" ? "*" : null, null);
        }

        var scheme = target.IndexOf("://", StringComparison.Ordinal);
        var isAbsolute = scheme > 0 && !target.StartsWith('/') && target[..scheme].All(static c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.');
        string? authority = null;
        if (isAbsolute)
        {
            Unusual("the absolute form");
            var rest = target[(scheme + 3)..];
            var end = rest.IndexOfAny(['/', '?']);
            authority = end < 0 ? rest : rest[..end];
            target = end < 0 ? "/" : rest[end] == '?' ? "/" + rest[end..] : rest[end..];
        }

        var path = Syntax.Path(target, out var isStrict);
        if (!isStrict)
        {
            Unusual("a target that should have been encoded");
        }

        return (path, authority);
    }

    // RFC 9112, section 3.2; the node serves its own names only.
    private string? ReadHost(List<Field> fields, string? authority, bool isHttp10)
    {
        var hosts = fields.Where(static field => Syntax.Same(field.Name, "Host")).Select(static field => field.Value).ToArray();
        if (hosts.Length > 1 || (hosts.Length == 0 && !isHttp10))
        {
            return null;
        }

        if (hosts is [] or [""])
        {
            return !isHttp10 ? null : authority is null ? "web.example.ts.net" : Syntax.IsOwnHost(authority) ? authority.TrimEnd(':') : null;
        }

        if (hosts[0].EndsWith(':'))
        {
            Unusual("an empty port");
        }

        return Syntax.IsOwnHost(hosts[0]) && (authority is null || Syntax.Same(Syntax.WithoutPort(authority), Syntax.WithoutPort(hosts[0]))) ? hosts[0].TrimEnd(':') : null;
    }

    private static bool Ends(List<Field> fields, bool isHttp10)
    {
        var options = Syntax.Nominated(fields);
        return options.Contains("close") || (isHttp10 && !options.Contains("keep-alive"));
    }

    /// <returns>Null: where the content ends cannot be said, or could be in two ways (RFC 9112, section 6.3).</returns>
    private string? Framing(List<Field> fields, bool isHttp10, ref bool ends, out long length)
    {
        length = 0;
        var codings = fields.Where(static field => Syntax.Same(field.Name, "Transfer-Encoding")).Select(static field => field.Value).ToArray();
        var lengths = fields.Where(static field => Syntax.Same(field.Name, "Content-Length")).Select(static field => field.Value).ToArray();
        if (codings.Length > 0)
        {
            if (!Syntax.Same(string.Join(',', codings), "chunked"))
            {
                _why = "the transfer coding";
                return null;
            }

            if (lengths.Length > 0 || isHttp10)
            {
                Unusual("a transfer coding with a length, or in HTTP/1.0");
                ends = true;
            }

            return "chunked";
        }

        if (lengths.Length > 1 || (lengths.Length == 1 && lengths[0].Contains(',', StringComparison.Ordinal)))
        {
            Unusual("equal lengths");
        }

        if (isHttp10 && lengths.Length == 0)
        {
            // A server may want to be told (RFC 9110, section 8.6).
            Unusual("no length in HTTP/1.0");
        }

        if (lengths.Length > 0)
        {
            if (Syntax.Length(lengths) is not { } one)
            {
                _why = "the length";
                return null;
            }

            length = one;
        }

        return "length";
    }

    private byte[]? ReadBytes(long length)
    {
        if (_text.Length - _position < length)
        {
            return null;
        }

        _position += (int)length;
        return Encoding.Latin1.GetBytes(_text[(_position - (int)length).._position]);
    }

    // RFC 9112, section 7.1. The trailer section is not content, and need not arrive.
    private byte[]? ReadChunks()
    {
        var content = new List<byte>();
        while (true)
        {
            if (StrictLine() is not { } line)
            {
                return null;
            }

            var semicolon = line.IndexOf(';', StringComparison.Ordinal);
            var digits = semicolon < 0 ? line : line[..semicolon];
            if (!digits.All(char.IsAsciiHexDigit) || !long.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size)
                || size is < 0 or > int.MaxValue)
            {
                _why = $"chunk size {line}";
                return null;
            }

            if (semicolon >= 0 || digits.Length > 8)
            {
                Unusual("an extension of a chunk, or a long size");
            }

            if (size == 0)
            {
                return ReadTrailers() ? [.. content] : null;
            }

            if (ReadBytes(size) is not { } data)
            {
                return null;
            }

            content.AddRange(data);
            if (StrictLine() is not { } end)
            {
                return null;
            }

            if (end.Length > 0)
            {
                _why = "chunk longer than its size";
                return null;
            }
        }
    }

    private bool ReadTrailers()
    {
        while (Line() is { } line)
        {
            if (line.Length == 0)
            {
                // One that ends in LF alone may be taken for the end, and need not (RFC 9112, section 2.2).
                return _text[_position - 2] == '\r';
            }

            if (ReadField(line) is null)
            {
                _why = $"chunk trailer {line}";
                return false;
            }
        }

        return false;
    }

    private Field? ReadField(string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !Syntax.IsToken(line[..colon]) || line.IndexOfAny(['\0', '\r']) >= 0)
        {
            return null;
        }

        var field = new Field(line[..colon], Syntax.Trim(line[(colon + 1)..]));
        if (Syntax.HasControl(field.Value))
        {
            Unusual("a control character in a value");
        }

        return field;
    }

    // A line may end in LF alone (RFC 9112, section 2.2); CR alone never ends one.
    private string? Line()
    {
        var end = _text.IndexOf('\n', _position);
        if (end < 0)
        {
            return null;
        }

        var line = _text[_position..end];
        _position = end + 1;
        if (line.EndsWith('\r'))
        {
            return line[..^1];
        }

        Unusual("a line that ends in LF");
        return line;
    }

    // In the framing of chunks it may not: this is what smuggling is made of.
    private string? StrictLine()
    {
        var end = _text.AsSpan(_position).IndexOfAny('\r', '\n') is var at and >= 0 ? _position + at : -1;
        if (end < 0 || (_text[end] == '\r' && end + 1 == _text.Length))
        {
            return null;
        }

        if (!_text.AsSpan(end).StartsWith("\r\n"))
        {
            _why = "chunk line with CR or LF alone";
            return null;
        }

        var line = _text[_position..end];
        _position = end + 2;
        return line;
    }

    private void Unusual(string why) => (_isUnusual, _why) = (true, why);

    private RequestReading Incomplete() => new(Verdict.Incomplete, null, _text.Length, true, "its end has not come");

    // Without a known end nothing after it may be read as a request.
    private RequestReading Refused(string why, bool ends = true) => new(Verdict.Refused, null, ends ? _text.Length : _position, ends, why);
}
