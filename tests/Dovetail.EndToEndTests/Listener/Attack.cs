using System.Text;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>A request that no ordinary client sends, and what must become of it.</summary>
/// <param name="Line">Method and target, as Latin-1.</param>
/// <param name="Fields">Without <c>Host</c>, unless they say it themselves.</param>
/// <param name="Status">What the peer is answered.</param>
/// <param name="Arrives">The request line at the container; null: nothing arrives.</param>
/// <param name="Host">What is sent as <c>Host</c> or <c>:authority</c>; null: neither is sent.</param>
/// <param name="Absent">What must not be in the head that arrives.</param>
/// <param name="Only">The only version of HTTP that can say it; null: both.</param>
internal sealed record Attack(
    string Line, string[] Fields, int Status, string? Arrives = null, string? Host = "web", string Absent = "X-Secret", string? Only = null, string Body = "",
    string Version = "HTTP/1.1")
{
    private static readonly string[] Logins =
    [
        "Remote-User", "Remote_User", "X-Remote-User", "X-Auth-Request-Email", "X-Authentik-Username", "X-WEBAUTH-USER", "X-SSL-Client-Verify",
        "X-Original-URL", "X-Rewrite-URL", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Proxy",
    ];

    /// <summary>By what they try.</summary>
    public static readonly IReadOnlyDictionary<string, Attack> All = new Dictionary<string, Attack>
    {
        ["another host"] = new("GET /", [], 421, Host: "evil.example"),
        ["a host that begins as the node's"] = new("GET /", [], 421, Host: "web.evil.example"),
        ["another address as host"] = new("GET /", [], 421, Host: "127.0.0.1"),
        ["another spelling of an address as host"] = new("GET /", [], 421, Host: "0x7f.1"),
        ["logins of other proxies"] = new("GET /", [.. Logins.Select(static name => $"{name}: secret")], 200, "GET /", Absent: "secret"),
        ["no host"] = new("GET /", [], 400, Host: null, Only: "1.1"),
        ["no authority"] = new("GET /", [], 200, "GET /", Host: null, Only: "2"),
        ["no host in HTTP/1.0"] = new("GET /", [], 200, "GET /", Host: null, Only: "1.1", Version: "HTTP/1.0"),
        ["another host in an absolute target of HTTP/1.0"] = new("GET http://evil.example/", [], 421, Host: null, Only: "1.1", Version: "HTTP/1.0"),
        ["an empty host"] = new("GET /", ["Host: "], 400, Host: null, Only: "1.1"),
        ["two hosts"] = new("GET /", ["Host: web"], 400, Only: "1.1"),
        ["a host that is none"] = new("GET /", [], 400, Host: "web:99999"),
        ["a target in raw UTF-8"] = new("GET /b\u00c3\u00a4r?\u00c3\u00bc", [], 200, "GET /b%C3%A4r?%C3%BC"),
        ["a path in what is no UTF-8"] = new("GET /\u00ff?a", [], 200, "GET /%FF?a"),
        ["a query in raw UTF-8"] = new("GET /?\u00c3\u00bc", [], 200, "GET /?%C3%BC"),
        ["a fragment in a target"] = new("GET /a#b", [], 400),
        ["a control character in a target"] = new("GET /a\u0001b", [], 400),
        ["a zero byte in a target"] = new("GET /a\0b", [], 400),
        ["a line break in a target"] = new("GET /a\nX-Forwarded-For: 1", [], 400, Only: "2"),
        ["a zero byte in a path, encoded"] = new("GET /%00", [], 400),
        ["a target without a path"] = new("GET a", [], 400, Only: "2"),
        ["a target that is too long"] = new($"GET /{new string('a', 30_000)}", [], 414),
        ["a line without its second blank"] = new("GET /#HTTP/1.1", [], 400, Only: "1.1", Version: ""),
        ["a field that Connection names beside close"] = new("GET /", ["Connection: close, X-Secret", "X-Secret: 1"], 200, "GET /", Only: "1.1"),
        ["a field that Connection names in a second line"] =
            new("GET /", ["Connection: keep-alive", "Connection: X-Secret", "X-Secret: 1"], 200, "GET /", Only: "1.1"),
        ["Connection over HTTP/2"] = new("GET /", ["Connection: X-Secret", "X-Secret: 1"], 0, Only: "2"),
        ["a transfer coding over HTTP/2"] = new("GET /", ["Transfer-Encoding: chunked"], 400, Only: "2"),
        ["CONNECT"] = new("CONNECT web:443", [], 501, Host: "web:443", Only: "1.1"),
        ["CONNECT to another protocol"] = new("CONNECT /", [":protocol: connect-udp"], 501, Only: "2"),
        ["OPTIONS of the server itself"] = new("OPTIONS *", [], 200, "OPTIONS *"),
        ["a method in lower case"] = new("get /", [], 501),
        ["a method of its own"] = new("PROPFIND /", [], 200, "PROPFIND /"),
        ["another transfer coding"] = new("POST /", ["Transfer-Encoding: gzip, chunked"], 501, Only: "1.1", Body: "0\r\n\r\n"),
        ["an empty transfer coding beside chunked"] =
            new("POST /", ["Transfer-Encoding: ", "Transfer-Encoding: chunked"], 501, Only: "1.1", Body: "0\r\n\r\n"),
        ["chunked twice"] = new("POST /", ["Transfer-Encoding: chunked, chunked"], 400, Only: "1.1", Body: "0\r\n\r\n"),
        ["a length with a sign"] = new("POST /", ["Content-Length: +5"], 400, Only: "1.1", Body: "hello"),
        ["a length with a sign after an empty line"] = new("\r\n\r\nPOST /", ["Content-Length: +5"], 400, Only: "1.1", Body: "hello"),
        ["two lengths"] = new("POST /", ["Content-Length: 5", "Content-Length: 6"], 400, Only: "1.1", Body: "hello!"),
        ["a length beside chunks"] =
            new("POST /", ["Content-Length: 5", "Transfer-Encoding: chunked"], 200, "POST /", Absent: "Content-Length", Only: "1.1", Body: "0\r\n\r\n"),
        ["a name that is none"] = new("GET /", ["X(: 1"], 400),
        ["white space before a colon"] = new("GET /", ["X-Secret : 1"], 400, Only: "1.1"),
    };

    /// <summary>The bytes of HTTP/1.</summary>
    /// <param name="mark">By which the application knows the request.</param>
    public byte[] Http1(string mark)
    {
        var lines = Fields.Prepend($"X-Mark: {mark}").Append("Connection: close");
        return Encoding.Latin1.GetBytes(
            $"{Line} {Version}".TrimEnd() + "\r\n" + (Host is null ? "" : $"Host: {Host}\r\n") + string.Join("\r\n", lines) + $"\r\n\r\n{Body}");
    }

    /// <summary>The fields of HTTP/2.</summary>
    public IEnumerable<(string Name, string Value)> Http2(string mark)
    {
        var blank = Line.IndexOf(' ', StringComparison.Ordinal);
        yield return (":method", Line[..blank]);
        yield return (":scheme", "https");
        yield return (":path", Line[(blank + 1)..]);
        if (Host is not null)
        {
            yield return (":authority", Host);
        }

        foreach (var field in Fields.Append($"X-Mark: {mark}"))
        {
            var colon = field.IndexOf(": ", StringComparison.Ordinal);
            yield return (field[..colon].ToLowerInvariant(), field[(colon + 2)..]);
        }
    }
}
