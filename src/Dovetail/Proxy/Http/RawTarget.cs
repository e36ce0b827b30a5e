using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Http;

/// <summary>
/// The path and query of a request as the client wrote them: Kestrel's decoded path cannot be turned back into the same bytes.
/// </summary>
internal static class RawTarget
{
    /// <summary>Whether the request is about the server itself: <c>OPTIONS *</c>.</summary>
    public static bool IsAsterisk(HttpContext context) => Of(context) == "*" && HttpMethods.IsOptions(context.Request.Method);

    /// <returns>
    /// Begins with <c>/</c>; what is not ASCII is percent-encoded, as browsers do it. Null when the target is not a path, or holds what
    /// does not belong in one.
    /// </returns>
    public static string? PathAndQuery(HttpContext context)
    {
        var target = Of(context);
        if (!target.StartsWith('/'))
        {
            // Absolute form (RFC 9112 section 3.2.2); servers must accept it.
            var authority = target.IndexOf("://", StringComparison.Ordinal);
            if (authority < 0)
            {
                return null;
            }

            var path = target.IndexOfAny(['/', '?'], authority + 3);
            target = path < 0 ? "/" : target[path] == '?' ? "/" + target[path..] : target[path..];
        }

        var text = target.AsSpan();
        if (!text.ContainsAnyExceptInRange('!', '~'))
        {
            return text.Contains('#') ? null : target;
        }

        return text.ContainsAnyInRange('\0', ' ') || text.ContainsAny('#', '\x7f') ? null : Encoded(target);
    }

    private static string Of(HttpContext context) => context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;

    // Kestrel gives each byte as a character of its own (HTTP/2).
    private static string Encoded(string target)
    {
        var encoded = new StringBuilder(target.Length + 16);
        foreach (var c in target)
        {
            _ = c < '\x80' ? encoded.Append(c) : encoded.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}");
        }

        return encoded.ToString();
    }
}
