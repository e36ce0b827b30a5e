using System.Globalization;
using System.Text;

namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>Makes requests that are near enough to good ones to get far, as an attacker would write them.</summary>
internal sealed class RequestGenerator(Random random)
{
    private const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: web\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n";

    private static readonly string[] Methods = ["GET", "GET", "POST", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "M-SEARCH"];
    private static readonly string[] OddMethods = ["get", "Post", "CONNECT", "connect", "GE T", "", "G\u00c9T", "PRI", "GET\t", "X!#$%&'*+-.^_`|~"];

    private static readonly string[] Targets = ["/", "/a/b?c=d&e", "/a%20b", "//a//b/../c;x=1", "/?", "/a?b?c=/%2F", "/.well-known/x", "/%C3%A4:@!$&'()*+,"];
    private static readonly string[] OddTargets =
    [
        "*", "", "a", "?x", "/a b", "/#x", "/a#", "/%", "/%zz", "/%00", "/\u00c3\u00a4?\u00c3\u00bc", "/\u00ff", "/a/../\u00c3\u00a4", "/?\u00e2\u0082\u00ac#", "/\0", "/a\rb", "/a\nb", "/?%00", "/\x7f", "/a\tb", "/\"<>\\^`{|}", "http://web/x",
        "https://web", "http://web.example.ts.net?x", "http://evil.example/", "http://web@evil.example/", "http:///x", "ftp://web/", "web:443",
        "/http://web/", "http://web:80/", "\\x", "http://web\\@evil/", "/../..", "//evil.example/x",
    ];

    private static readonly string[] Hosts = ["web", "web", "web.example.ts.net", "WEB:8443", "100.64.0.3", "web.example.ts.net."];
    private static readonly string[] OddHosts =
    [
        "", "evil.example", "web:", "web:x", "web:99999", "web, web", "web/", "web@web", "evil@web", "[::1]", "[::1", "web evil", "web\tx", "web#",
        "xn--a", "web..", ":80", "web:80:80", "127.0.0.1", "web?", "web\\x", "w\u00e9b", "web:+80", "web: 80", "0x64.64.0.3", "100.64.3", "web%00",
    ];

    private static readonly string[] Names =
    [
        "X-A", "x-b", "Accept", "Cookie", "User-Agent", "If-None-Match", "Range", "Content-Type", "Authorization", "Referer", "Origin", "Via", "Date",
        "Accept-Encoding", "Cache-Control", "X_Under", "Last-Modified", "Content-Language", "Allow", "Sec-Fetch-Mode", "traceparent", "Warning", "From",
        "X-Request-Id", "Upgrade-Insecure-Requests", "Priority", "Max-Forwards", "Pragma", "Expires", "Content-MD5", "Content-Range", "baggage", "X-Content-Length",
    ];

    private static readonly string[] HostileNames =
    [
        "X-Forwarded-For", "x_forwarded_for", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded", "Forwarded", "X-Real-IP", "x.real.ip",
        "Tailscale-User-Login", "Tailscale_User_Login", "TAILSCALE-USER-NAME", "X-Tailscale-User", "X-Tailscale-Whatever", "Remote-User", "Remote_User",
        "X-Remote-User", "X-Auth-Request-Email", "X-Authentik-Username", "X-WEBAUTH-USER", "X-SSL-Client-Verify", "X-Original-URL", "X-Rewrite-URL",
        "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Proxy", "TE", "Keep-Alive", "Proxy-Connection", "Upgrade", "HTTP2-Settings", "Trailer",
        "Proxy-Authorization", "Tailscale*User*Login", "Close", "ALPN", "Sec-WebSocket-Key", "Expect",
    ];

    private static readonly string[] OddNames = ["X A", "", "X\u00e4", "X-A ", "\tX", "X(", "X\0", "Host ", "Content-Length ", "Transfer-Encoding\v", ":path", ":authority"];

    private static readonly string[] Values =
    [
        "1", "a, b", "x=y; z=\"q\"", "", "text/html;q=0.5", "bytes=0-1", "\u00e4\u00ff", "a\tb", "W/\"1\"", "Wed, 21 Oct 2015 07:28:00 GMT", "a,,b", "\"a,b", "no-cache",
        "trailers", "websocket", "h2c", "tcp", "SPDY/3.1, h2c", "0",
    ];

    private static readonly string[] OddValues = ["\u0001", "a\0b", "a\rb", "a\nX-Forwarded-For: 1", "\x7f", "a\r\n b", "a\r\n\tb", "\u000b1", "\u00a0", "a\u001b[31m"];

    private static readonly string[] Options =
    [
        "close", "keep-alive", "X-A", "x-b", "X-Forwarded-For", "Host", "Content-Length", "upgrade", "Tailscale-User-Login", "Cookie", "", "\"X-A\"",
        "TE", "Transfer-Encoding", "Authorization", "X-A;q=1", "keep-alive X-A",
    ];

    private static readonly string[] OddCodings =
    [
        "gzip, chunked", "chunked, chunked", "chunked, identity", "identity", "\"chunked\"", "chunked;q=1", "x-chunked", ", chunked", "chunked,", "Chunked", "chu\tnked",
        "\u000bchunked", "chunked\x7f", "", "gzip", "chunked gzip",
    ];

    private static readonly string[] OddLengths = ["+N", "-N", "N, N", "N N", "0xN", "N.0", "", "99999999999999999999", " \tN", "N;", "0N", "N\u000b", "\u0663", "N,"];

    private static readonly string[] Insertions =
        ["\r", "\n", "\0", " ", "\t", ":", ",", ";", "\"", "\x7f", "\u0080", "\u00ff", "#", "%", "\r\n", "\n\n", "\r\n\r\n", " HTTP/1.1\r\n", "0\r\n\r\n", "\v", "/"];

    /// <summary>The bytes of a request over HTTP/1, as Latin-1.</summary>
    public string Http1()
    {
        var (name, content) = (random.Next(100), Content());
        var version = Often(95) ? "HTTP/1.1" : OneOf("HTTP/1.0", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1 ", "HTTP/11", "HTTP/1.1x", "HTTP/0.9");
        var lines = Fields().Select(field => $"{field.Name}:{OneOf("", " ", " ", " ", "\t", "  ")}{field.Value}{OneOf("", "", "", " ", "\t")}").ToList();
        if (name < 96)
        {
            lines.Insert(Often(80) ? 0 : random.Next(lines.Count + 1), $"Host: {Host()}");
        }

        if (name is 94 or 95)
        {
            lines.Insert(random.Next(lines.Count + 1), $"{OneOf("Host", "host", "HOST")}: {Host()}");
        }

        var body = Frame(lines, content);
        var text = $"{Method()} {Target()} {version}\r\n{string.Join("\r\n", lines)}\r\n\r\n{body}";
        text = Often(97) ? text : OneOf("\r\n", "\n", "\r\n\r\n", "\r") + text;
        for (var mutations = Often(80) ? 0 : random.Next(1, 4); mutations > 0; mutations--)
        {
            text = Mutated(text);
        }

        return text;
    }

    public string Method() => Often(95) ? OneOf(Methods) : OneOf(OddMethods);

    public string Target() => Often(85) ? OneOf(Targets) : OneOf(OddTargets);

    public string Host() => Often(93) ? OneOf(Hosts) : OneOf(OddHosts);

    /// <summary>Fields but for <c>Host</c> and those that frame the content.</summary>
    public List<Field> Fields()
    {
        var fields = new List<Field>();
        for (var count = random.Next(7); count > 0; count--)
        {
            var name = Often(60) ? OneOf(Names) : Often(95) ? OneOf(HostileNames) : OneOf(OddNames);
            fields.Add(new Field(name, name == "Expect" ? OneOf("100-continue", "x") : Often(97) ? OneOf(Values) : OneOf(OddValues)));
        }

        for (var count = Often(75) ? 0 : random.Next(1, 3); count > 0; count--)
        {
            var options = Enumerable.Range(0, random.Next(1, 5)).Select(_ => OneOf("", "", " ") + OneOf(Options) + OneOf("", "", " ", "\t"));
            fields.Insert(random.Next(fields.Count + 1), new Field(OneOf("Connection", "connection", "CONNECTION"), string.Join(',', options)));
        }

        return fields;
    }

    /// <summary>Often something that looks like what should not come out of it.</summary>
    public string Content() => random.Next(6) switch
    {
        0 => Smuggled,
        1 => "0\r\n\r\n" + Smuggled,
        2 => new string('x', random.Next(1, 40_000)),
        3 => "\r\n\r\n",
        4 => "a=b&c=d",
        _ => "",
    };

    public bool Often(int percent) => random.Next(100) < percent;

    public string OneOf(params string[] all) => all[random.Next(all.Length)];

    private string Frame(List<string> lines, string content)
    {
        var length = content.Length.ToString(CultureInfo.InvariantCulture);
        switch (random.Next(20))
        {
            case < 5:
                return content.Length == 0 || Often(10) ? "" : Frame(lines, content);
            case < 11:
                Add(lines, $"Content-Length: {length}");
                return content;
            case < 17:
                Add(lines, "Transfer-Encoding: chunked");
                return Chunked(content);
            case 17:
                Add(lines, $"{OneOf("Content-Length", "content-length")}: {OneOf(OddLengths).Replace("N", length, StringComparison.Ordinal)}");
                return content;
            case 18:
                Add(lines, $"{OneOf("Transfer-Encoding", "transfer-encoding", "Transfer_Encoding")}: {OneOf(OddCodings)}");
                return Chunked(content);
            default:
                Add(lines, $"Content-Length: {OneOf(length, "5", "0")}");
                Add(lines, Often(50) ? "Transfer-Encoding: chunked" : $"Content-Length: {OneOf(length, "3", "+5")}");
                return OneOf(content, Chunked(content));
        }
    }

    private void Add(List<string> lines, string line) => lines.Insert(random.Next(lines.Count + 1), line);

    private string Chunked(string content)
    {
        var text = new StringBuilder();
        for (var at = 0; at < content.Length;)
        {
            var size = Math.Min(content.Length - at, Often(50) ? random.Next(1, 20) : 20_000);
            text.Append(random.Next(30) == 0 ? OneOf("0x", "+", " ", "00000000", "-", "FFFFFFFFFFFFFFFF", "80000000") : "")
                .Append(size.ToString(OneOf("x", "X", "x4"), CultureInfo.InvariantCulture))
                .Append(random.Next(12) == 0 ? OneOf(";a", ";a=b", ";a=\"b\"", " ;a", ";\n", ";\r", ";a\nb", " ", "\t", ";\0") : "")
                .Append(random.Next(60) == 0 ? OneOf("\n", "\r", "\n\r", "\r\r\n") : "\r\n")
                .Append(content, at, size)
                .Append(random.Next(60) == 0 ? OneOf("", "\n", "x\r\n", "\r", "\r\r\n") : "\r\n");
            at += size;
            if (at > 400)
            {
                text.Append((content.Length - at).ToString("x", CultureInfo.InvariantCulture)).Append("\r\n").Append(content, at, content.Length - at).Append("\r\n");
                break;
            }
        }

        var trailers = random.Next(8) == 0 ? OneOf("X-T: 1\r\n", "Content-Length: 5\r\n", "X-Forwarded-For: 6\r\n", "Host: evil\r\n", "bad\r\n", "X-T : 1\r\n") : "";
        return text.Append(Often(97) ? "0" : OneOf("000", "0;x", "0 ", "")).Append("\r\n").Append(trailers).Append("\r\n").ToString();
    }

    // In the head, or close to it.
    private string Mutated(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var at = random.Next(Math.Min(text.Length, (end < 0 ? text.Length : end) + 8));
        return random.Next(4) switch
        {
            0 => text.Remove(at, 1),
            1 => text.Remove(at, 1).Insert(at, OneOf(Insertions)),
            2 => text.Insert(at, text.Substring(at, Math.Min(text.Length - at, random.Next(1, 30)))),
            _ => text.Insert(at, OneOf(Insertions)),
        };
    }
}
