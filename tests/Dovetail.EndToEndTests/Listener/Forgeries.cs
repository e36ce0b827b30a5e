namespace Dovetail.EndToEndTests.Listener;

/// <summary>Every spelling and place in which a client can claim to be somebody.</summary>
internal static class Forgeries
{
    /// <summary>Whom every forgery claims to be.</summary>
    public const string Claim = "forged@example.com";

    /// <summary>A field that says nothing about anybody; a forgery may hide in it.</summary>
    public const string Innocent = "X-Innocent";

    private static readonly string[] Spellings =
    [
        "Tailscale-User-Login", "tailscale-user-login", "TAILSCALE-USER-LOGIN", "Tailscale_User_Login", "tailscale_user-login",
        "tailscale-user_login",
        "Tailscale.User.Login", "Tailscale~User~Login", "Tailscale-User-Name", "Tailscale-User-Profile-Pic", "Tailscale-App-Capabilities",
        "Tailscale-Headers-Info", "Tailscale-",
        "X-Tailscale-User", "X_Tailscale_User", "x-tailscale_user", "X-Tailscale-Login", "X-Tailscale-Name", "X-Tailscale-Tailnet",
        "X-Tailscale-Whatever",
        "X-Forwarded-For", "X_Forwarded_For", "x-forwarded_for", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-User",
        "X-Forwarded-Email", "X-Forwarded-Prefix",
        "X-Forwarded", "Forwarded", "FORWARDED", "X-Real-IP", "X_Real_IP", "x-real_ip",
    ];

    /// <summary>One of each kind, for the places.</summary>
    private static readonly string[] Kinds = ["Tailscale-User-Login", "X-Tailscale-User", "X-Forwarded-For", "X-Real-IP", "Forwarded"];

    /// <summary>Over HTTP/1.1.</summary>
    public static IEnumerable<Forgery> Http1 =>
    [
        .. Spellings.Select(name => new Forgery($"as {name}", $"{name}: {Claim}\r\n")),
        new("all at once", string.Concat(Spellings.Select(name => $"{name}: {Claim}\r\n"))),
        .. Kinds.SelectMany(PlacesOf),
    ];

    /// <summary>Over HTTP/1.1, in and behind a body; a WebSocket's request has none.</summary>
    public static IEnumerable<Forgery> InBodies => Kinds.SelectMany(name => (Forgery[])
    [
        new(
            $"{name} in trailers",
            $"Trailer: {name}\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n",
            true,
            $"1\r\nx\r\n0\r\n{name}: {Claim}\r\n\r\n"),
        new(
            $"{name} in trailers that were not announced",
            "Transfer-Encoding: chunked\r\n",
            true,
            $"1\r\nx\r\n0\r\n{name}: {Claim}\r\n\r\n"),
        new($"{name} in an extension of a chunk", "Transfer-Encoding: chunked\r\n", false, $"1;{name}={Claim}\r\nx\r\n0\r\n\r\n"),
        new(
            $"{name} in a request that two lengths hide",
            $"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
            false,
            $"0\r\n\r\n{Hidden(name)}"),
        new(
            $"{name} in a request behind an odd encoding",
            $"Content-Length: {Hidden(name).Length}\r\nTransfer-Encoding: xchunked\r\n",
            false,
            Hidden(name)),
        new(
            $"{name} in a request behind a chunk of an odd size",
            "Transfer-Encoding: chunked\r\n",
            false,
            $"00000000000000000\r\n\r\n{Hidden(name)}"),
        new($"{name} in a request behind two different lengths", "Content-Length: 0\r\nContent-Length: 5\r\n", false, Hidden(name)),
    ]);

    /// <summary>Over HTTP/2.</summary>
    public static IEnumerable<Http2Forgery> Http2 =>
    [
        .. Spellings.Select(name => new Http2Forgery($"as {name}", [(name, Claim)], name.All(letter => !char.IsAsciiLetterUpper(letter)))),
        .. Spellings.Select(name => new Http2Forgery($"as {name} in lower case", [(name.ToLowerInvariant(), Claim)])),
        new("all at once", [.. Spellings.Select(name => (name.ToLowerInvariant(), Claim))]),
        .. Kinds.Select(name => name.ToLowerInvariant()).SelectMany(PlacesOf2),
    ];

    private static string Hidden(string name) => $"GET /hidden HTTP/1.0\r\n{name}: {Claim}\r\n\r\n";

    private static IEnumerable<Forgery> PlacesOf(string name) =>
    [
        new($"{name} twice", $"{name}: {Claim}\r\n{name}: {Claim}\r\n"),
        new($"{name} in two spellings", $"{name}: {Claim}\r\n{name.ToUpperInvariant()}: {Claim}\r\n"),
        new($"{name} among blanks", $"{name}: \t  {Claim} \t\r\n"),
        new($"{name} without a blank", $"{name}:{Claim}\r\n"),
        new($"{name} without a value", $"{name}:\r\n"),
        new($"{name} with a blank before the colon", $"{name} : {Claim}\r\n", false),
        new($"{name} with a tab before the colon", $"{name}\t: {Claim}\r\n", false),
        new($"{name} behind a blank", $" {name}: {Claim}\r\n", false),
        new($"{name} in a folded line", $"{Innocent}: a\r\n {name}: {Claim}\r\n", false),
        new($"{name} in a line folded by a tab", $"{Innocent}: a\r\n\t{name}: {Claim}\r\n", false),
        new($"{name} with a folded value", $"{name}:\r\n {Claim}\r\n", false),
        new($"{name} behind a bare line feed", $"{Innocent}: a\n{name}: {Claim}\r\n", false),
        new($"{name} behind a bare carriage return", $"{Innocent}: a\r{name}: {Claim}\r\n", false),
        new($"{name} with a NUL", $"{name}\0: {Claim}\r\n", false),
        new($"{name} behind a byte that is no letter", $"\u00ff{name}: {Claim}\r\n", false),
        new($"{name} with soft hyphens", $"{name.Replace('-', '\u00ad')}: {Claim}\r\n", false),
        new($"{name} named in Connection", $"Connection: {name}\r\n{name}: {Claim}\r\n"),
        new($"{name} named in Connection alone", $"Connection: {name}\r\n"),
        new(
            $"{name} named in Connection in another spelling",
            $"Connection: {name.ToUpperInvariant()} , {name.Replace('-', '_')}\r\n{name}: {Claim}\r\n"),
        new($"{name} named in Connection twice", $"Connection: {name}\r\nConnection: x-a,{name}\r\n"),
        new($"{name} named in quotes in Connection", $"Connection: \"{name}\"\r\n"),
        new($"{name} named in Proxy-Connection and Keep-Alive", $"Proxy-Connection: {name}\r\nKeep-Alive: {name}\r\n"),
    ];

    private static IEnumerable<Http2Forgery> PlacesOf2(string name) =>
    [
        new($"{name} twice", [(name, Claim), (name, Claim)]),
        new($"{name} among blanks", [(name, $" \t{Claim} ")], false),
        new($"{name} as a pseudo-header field", [(":" + name, Claim)], false),
        new($"{name} with a colon behind", [(name + ":", Claim)], false),
        new($"{name} with a colon and a value behind", [($"{name}: {Claim}", "a")], false),
        new($"{name} behind a blank", [(" " + name, Claim)], false),
        new($"{name} with a NUL", [(name + "\0", Claim)], false),
        new($"{name} named in connection", [("connection", name), (name, Claim)], false),
        new($"{name} named in connection alone", [("connection", name)], false),
        new($"{name} behind a line end in a value", [(Innocent.ToLowerInvariant(), $"a\r\n{name}: {Claim}")], false),
        new($"{name} behind a line feed in a value", [(Innocent.ToLowerInvariant(), $"a\n{name}: {Claim}")], false),
        new($"{name} behind a carriage return in a value", [(Innocent.ToLowerInvariant(), $"a\r{name}: {Claim}")], false),
        new($"{name} behind a line end in a name", [($"{Innocent.ToLowerInvariant()}: a\r\n{name}", Claim)], false),
        new($"{name} behind a line end in the path", [], false, Path: $"/ HTTP/1.1\r\n{name}: {Claim}\r\nX-A: "),
        new($"{name} behind a line end in the authority", [], false, Authority: $"a\r\n{name}: {Claim}"),
        new($"{name} behind a line end in the method", [], false, Method: $"GET / HTTP/1.1\r\n{name}: {Claim}\r\n\r\nGET"),
    ];
}

/// <summary>One way to claim an identity.</summary>
/// <param name="What">For the message of a failed test.</param>
/// <param name="Lines">Header lines of HTTP/1.1, each with its end.</param>
/// <param name="IsProper">Whether the request is well-formed: then it must reach the container, without the claim.</param>
/// <param name="Body">What follows the header.</param>
internal sealed record Forgery(string What, string Lines, bool IsProper = true, string Body = "");

/// <summary>One way to claim an identity over HTTP/2.</summary>
/// <param name="What">For the message of a failed test.</param>
/// <param name="Fields">Field lines after the pseudo-header fields.</param>
/// <param name="IsProper">Whether the request is well-formed: then it must reach the container, without the claim.</param>
/// <param name="Path">Value of <c>:path</c>, before a mark by which the test knows the request; null: the mark alone.</param>
/// <param name="Authority">Value of <c>:authority</c>; null: the service's name.</param>
/// <param name="Method">Value of <c>:method</c>; null: GET.</param>
internal sealed record Http2Forgery(
    string What, (string Name, string Value)[] Fields, bool IsProper = true, string? Path = null, string? Authority = null,
    string? Method = null);
