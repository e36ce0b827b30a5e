using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Http;

/// <summary>
/// The path and query of a request as the client wrote them: Kestrel's decoded path cannot be turned back into the same bytes.
/// </summary>
internal static class RawTarget
{
    /// <returns>Begins with <c>/</c>; null when the target is not a path, or holds what does not belong in one.</returns>
    public static string? PathAndQuery(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
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

        return target.AsSpan().ContainsAnyExceptInRange('!', '~') ? null : target;
    }
}
