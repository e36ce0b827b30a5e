using System.Globalization;
using System.Text;

namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>What must become of an answer.</summary>
/// <param name="Status">0: what the application sent is not an answer, and the client is told so (502).</param>
/// <param name="Fields">Those that have to arrive.</param>
/// <param name="Absent">Names of fields that must not.</param>
/// <param name="Content">Latin-1.</param>
/// <param name="IsWhole">False: the application broke off, and the client must see that.</param>
/// <param name="MayBeRefused">The RFCs leave it open; refused, it is 502.</param>
internal sealed record ExpectedAnswer(
    int Status, IReadOnlyList<Field> Fields, IReadOnlyList<string> Absent, string Content, bool IsWhole, bool MayBeRefused);

/// <summary>Makes answers of an application, each with what has to become of it. What is expected follows from how it was made.</summary>
internal sealed class AnswerGenerator(Random random)
{
    private static readonly int[] Statuses = [200, 200, 200, 201, 202, 203, 204, 205, 206, 299, 300, 301, 302, 303, 304, 307, 308, 400, 401, 404, 409, 418, 421, 429, 500, 502, 503, 599];
    private static readonly string[] Names =
    [
        "X-A", "x-b", "Set-Cookie", "Content-Type", "ETag", "Last-Modified", "Server", "Via", "Cache-Control", "Vary", "Content-Language", "WWW-Authenticate",
        "Content-Security-Policy", "Link", "Age", "Content-Disposition", "X_Under", "Access-Control-Allow-Origin", "Expires", "Content-Range", "Allow", "Location",
    ];

    private static readonly string[] Values = ["1", "a, b", "x=y; Path=/", "", "\"q\"", "\u00e4\u00ff", "a\tb", "W/\"1\"", "Wed, 21 Oct 2015 07:28:00 GMT", "/x?y#z", "text/html"];

    // What only the hop to the application knows; the last ones are of no grammar, or say it in two ways.
    private static readonly string[] Nominated = ["X-A", "x-b", "X-Hop", "Cache-Control", "Content-Language"];
    private static readonly string[] Garbage =
    [
        "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/3.0\r\n\r\n", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "<html></html>\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
    ];

    private readonly RequestGenerator _parts = new(random);

    /// <param name="isHead">The request is HEAD.</param>
    /// <returns>The bytes, whether the connection is closed after them, and what has to become of it.</returns>
    public (byte[] Bytes, bool Close, ExpectedAnswer Expected) Next(bool isHead)
    {
        if (_parts.Often(6))
        {
            return (Encoding.Latin1.GetBytes(_parts.OneOf(Garbage)), true, new ExpectedAnswer(0, [], [], "", IsWhole: true, MayBeRefused: true));
        }

        var status = Statuses[random.Next(Statuses.Length)];
        var fields = new List<Field>();
        for (var count = random.Next(6); count > 0; count--)
        {
            fields.Add(new Field(_parts.OneOf(Names), _parts.OneOf(Values)));
        }

        var isEmpty = isHead || status is 204 or 304;
        var content = _parts.Content();
        var lines = fields.ConvertAll(field => $"{field.Name}:{_parts.OneOf("", " ", "  ", "\t")}{field.Value}{_parts.OneOf("", "", " ")}");
        var absent = Nominate(lines);
        var (body, isWhole, close) = Frame(lines, content, isEmpty);
        var interim = _parts.Often(6) ? _parts.OneOf("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n") : "";
        var text = $"{interim}HTTP/1.1 {status}{_parts.OneOf(" OK", " Not \u00e4 reason", " ")}\r\n{string.Concat(lines.Select(static line => line + "\r\n"))}\r\n{body}";
        var extra = !close && _parts.Often(5) ? "HTTP/1.1 200 OK\r\nX-Smuggled: 1\r\nContent-Length: 4\r\n\r\nevil" : "";
        var kept = fields.Where(field => !absent.Contains(field.Name, StringComparer.OrdinalIgnoreCase)).ToArray();
        var expected = new ExpectedAnswer(
            status, kept, [.. absent, "X-Smuggled", "Keep-Alive", "Proxy-Connection"], isEmpty || status == 205 ? "" : content,
            isWhole || isEmpty || status == 205, MayBeRefused: !isWhole);
        return (Encoding.Latin1.GetBytes(text + extra), close, expected);
    }

    private List<string> Nominate(List<string> lines)
    {
        var absent = new List<string>();
        if (_parts.Often(25))
        {
            absent.AddRange(Enumerable.Range(0, random.Next(1, 4)).Select(_ => _parts.OneOf(Nominated)));
            lines.Add($"Connection: {string.Join(_parts.OneOf(",", ", ", " ,\t"), absent)}");
            lines.Add("X-Hop: 1");
        }

        if (_parts.Often(10))
        {
            lines.Add("Keep-Alive: timeout=5");
            lines.Add("Proxy-Connection: keep-alive");
        }

        return absent;
    }

    private (string Body, bool IsWhole, bool Close) Frame(List<string> lines, string content, bool isEmpty)
    {
        var length = content.Length.ToString(CultureInfo.InvariantCulture);
        var breaks = content.Length > 0 && _parts.Often(10);
        switch (random.Next(10))
        {
            case < 5:
                lines.Add($"Content-Length: {length}");
                if (_parts.Often(8))
                {
                    lines.Add($"Content-Length: {length}");
                }

                return (isEmpty ? "" : breaks ? content[..random.Next(content.Length)] : content, !breaks, breaks || _parts.Often(10));
            case < 8:
                lines.Add($"Transfer-Encoding: {_parts.OneOf("chunked", "chunked", "Chunked")}");
                var chunks = Chunked(content);
                return (isEmpty ? "" : breaks ? chunks[..random.Next(chunks.Length)] : chunks, !breaks, breaks || _parts.Often(10));
            case 8 when !isEmpty:
                lines.Add("Connection: close");
                return (content, true, true);
            default:
                lines.Add($"Content-Length: {length}, {length}");
                return (isEmpty ? "" : content, true, false);
        }
    }

    private string Chunked(string content)
    {
        var text = new StringBuilder();
        for (var at = 0; at < content.Length;)
        {
            var size = Math.Min(content.Length - at, _parts.Often(30) ? random.Next(1, 2000) : 20_000);
            text.Append(size.ToString(_parts.OneOf("x", "X", "x6"), CultureInfo.InvariantCulture)).Append(_parts.OneOf("", "", "", ";a=b")).Append("\r\n")
                .Append(content, at, size).Append("\r\n");
            at += size;
        }

        return text.Append("0\r\n").Append(_parts.Often(8) ? "X-Trailer: 1\r\n" : "").Append("\r\n").ToString();
    }
}
