using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Http;

/// <summary>
/// The path and query of a request as the client wrote them: Kestrel's decoded path cannot be turned back into the same bytes. What was not
/// ASCII has been percent-encoded before Kestrel read it (<c>HeadReader</c>, <c>TargetEncoding</c>).
/// </summary>
internal static class RawTarget
{
    /// <summary>Whether the request is about the server itself: <c>OPTIONS *</c>.</summary>
    public static bool IsAsterisk(HttpContext context) => Of(context) == "*" && HttpMethods.IsOptions(context.Request.Method);

    /// <returns>
    /// Begins with <c>/</c>. Null when the target is not a path, or holds what does not belong in one.
    /// </returns>
    public static string? PathAndQuery(HttpContext context)
    {
        var target = Of(context);
        if (!target.StartsWith('/'))
        {
            if (AuthorityIn(target) is not { } authority)
            {
                return null;
            }

            var path = target[authority.End..];
            target = path.StartsWith('/') ? path : "/" + path;
        }

        return target.AsSpan().ContainsAnyExceptInRange('!', '~') || target.Contains('#', StringComparison.Ordinal) ? null : target;
    }

    /// <summary>The host that an absolute target names; null: it is no such target.</summary>
    public static string? Authority(HttpContext context)
    {
        var target = Of(context);
        return AuthorityIn(target) is { } authority ? target[authority] : null;
    }

    // Absolute form (RFC 9112 section 3.2.2); servers must accept it.
    private static Range? AuthorityIn(string target)
    {
        var start = target.StartsWith('/') ? -1 : target.IndexOf("://", StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        var end = target.IndexOfAny(['/', '?'], start + 3);
        return (start + 3)..(end < 0 ? target.Length : end);
    }

    private static string Of(HttpContext context) => context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
}
