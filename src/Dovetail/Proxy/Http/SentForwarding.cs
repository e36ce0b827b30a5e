using Dovetail.Common;
using Microsoft.Extensions.Primitives;

namespace Dovetail.Proxy.Http;

/// <summary>
/// What a proxy in front says of the way that a request came to it. Its own clients may have written a part of that: only what is well
/// formed is taken, and of what may stand there several times the last, which is the proxy's own.
/// </summary>
internal sealed record SentForwarding
{
    // A name of 253 characters at most, or an address in brackets, and a port.
    private const int MaxHostLength = 259;

    private static readonly string[] Schemes = ["http", "https", "ws", "wss"];

    /// <summary>The addresses of <c>X-Forwarded-For</c>, without the proxy's own; null: it names none.</summary>
    public string? For { get; private init; }

    /// <summary>The client that the proxy has seen itself; null: it does not say.</summary>
    public string? Client { get; private init; }

    /// <summary>For which host it was asked; null: it does not say.</summary>
    public string? Host { get; private init; }

    /// <summary><c>http</c>, <c>https</c>, <c>ws</c> or <c>wss</c>; null: it does not say.</summary>
    public string? Proto { get; private init; }

    /// <summary>At which port; null: it does not say.</summary>
    public string? Port { get; private init; }

    /// <summary>The elements of <c>Forwarded</c> (RFC 7239), without one for the proxy; null: there are none.</summary>
    public string? Forwarded { get; private init; }

    /// <summary>Scheme and host under which the visitor has asked; null: it does not say.</summary>
    public string? Origin => Host is null ? null : $"{(Proto is "http" or "ws" ? "http" : "https")}://{Host}";

    public static SentForwarding Read(IHeaderDictionary headers)
    {
        var addresses = AddressChain.Read(Sent(headers, "X-Forwarded-For"));
        var elements = ForwardedElement.ReadChain(Sent(headers, "Forwarded"));
        if (addresses.Count == 0 && elements is [.., var last])
        {
            return new SentForwarding
            {
                For = string.Join(", ", elements.Select(static element => element.For)),
                Client = last.For.ToString(),
                Host = last.Host,
                Proto = last.Proto,
                Forwarded = string.Join(", ", elements),
            };
        }

        return new SentForwarding
        {
            For = addresses.Count == 0 ? null : string.Join(", ", addresses),
            Client = addresses.Count == 0 ? null : addresses[^1].ToString(),
            Host = HostOf(Last(Sent(headers, "X-Forwarded-Host"))),
            Proto = ProtoOf(Last(Sent(headers, "X-Forwarded-Proto"))),
            Port = Last(Sent(headers, "X-Forwarded-Port")) is { } port && PortSyntax.TryParse(port, out _) ? port : null,
            // Proxies that write the one let their clients' other pass: both are the proxy's own only when they say the same.
            Forwarded = elements is [.., var own] && addresses is [.., var address] && own.For.Equals(address)
                ? string.Join(", ", elements)
                : null,
        };
    }

    /// <returns>The host, with its port if it has one; null: it is none.</returns>
    public static string? HostOf(string? text) =>
        text is { Length: > 0 and <= MaxHostLength } && text.All(IsOfHost) && HostNames.TryParse(text, out _) ? text : null;

    /// <returns>The scheme in lower case; null: it is none of the web's.</returns>
    public static string? ProtoOf(string? text) =>
        Array.Find(Schemes, scheme => scheme.Equals(text, StringComparison.OrdinalIgnoreCase));

    // What Connection names is for this hop alone (RFC 9110, section 7.6.1).
    private static StringValues Sent(IHeaderDictionary headers, string name) =>
        headers.Connection.Count > 0 && ConnectionOptions.In(headers.Connection).Contains(name, StringComparer.OrdinalIgnoreCase)
            ? default
            : headers[name];

    private static string? Last(StringValues lines) => lines.Count == 0 ? null : (lines[^1] ?? "").Split(',')[^1].Trim();

    private static bool IsOfHost(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or ':' or '[' or ']';
}
