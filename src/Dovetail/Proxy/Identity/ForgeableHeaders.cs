using Dovetail.Common;

namespace Dovetail.Proxy.Identity;

/// <summary>Removes what a client could have set to look like the word of a proxy.</summary>
internal static class ForgeableHeaders
{
    // What Dovetail sets itself: a client's is never passed on.
    private static readonly string[] OwnNames = ["forwarded", "x-forwarded", "x-real-ip"];
    private static readonly string[] OwnPrefixes = ["tailscale-", "x-tailscale-", "x-forwarded-"];

    // What applications take from other proxies for a login, an address, a path or a proxy to use. A service may open single ones.
    private static readonly string[] OthersNames =
    [
        "remote-user", "remote-name", "remote-email", "remote-groups", "x-original-url", "x-rewrite-url", "x-client-ip", "true-client-ip",
        "cf-connecting-ip", "proxy",
    ];

    private static readonly string[] OthersPrefixes = ["x-remote-", "x-auth-request-", "x-authentik-", "x-webauth-", "x-ssl-client-"];

    // What frames the message or belongs to the forwarder stays although Connection may name it.
    private static readonly HashSet<string> NeverNominated = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Trailer",
    };

    /// <summary>
    /// Removes forgeable headers in every spelling, and those that <c>Connection</c> names (RFC 9110 section 7.6.1).
    /// What the proxy sets itself is set after this, so no client can name it away.
    /// </summary>
    /// <param name="passed">Headers of other proxies that this service lets its clients set (<c>dovetail.passheaders</c>).</param>
    public static void Strip(IHeaderDictionary headers, EquatableArray<string> passed = default)
    {
        List<string>? removed = null;
        foreach (var (name, _) in headers)
        {
            if (IsForgeable(name, passed))
            {
                (removed ??= []).Add(name);
            }
        }

        foreach (var nominated in ConnectionOptions.In(headers.Connection))
        {
            if (!NeverNominated.Contains(nominated))
            {
                (removed ??= []).Add(nominated);
            }
        }

        foreach (var name in removed ?? [])
        {
            headers.Remove(name);
        }
    }

    // Whether an upstream could read the name as one that a proxy sets. CGI and WSGI turn "-" into "_", some servers every character that
    // is neither letter nor digit, so all of them count as the same.
    private static bool IsForgeable(string name, EquatableArray<string> passed) =>
        IsOneOf(name, OwnNames, OwnPrefixes)
        || (IsOneOf(name, OthersNames, OthersPrefixes) && !passed.Any(open => open.Length == name.Length && StartsWith(name, open)));

    private static bool IsOneOf(string name, string[] names, string[] prefixes)
    {
        foreach (var exact in names)
        {
            if (name.Length == exact.Length && StartsWith(name, exact))
            {
                return true;
            }
        }

        foreach (var prefix in prefixes)
        {
            if (StartsWith(name, prefix))
            {
                return true;
            }
        }

        return false;
    }

    private static bool StartsWith(string name, string pattern)
    {
        if (name.Length < pattern.Length)
        {
            return false;
        }

        for (var i = 0; i < pattern.Length; i++)
        {
            var c = char.IsAsciiLetterOrDigit(name[i]) ? char.ToLowerInvariant(name[i]) : '-';
            if (c != pattern[i])
            {
                return false;
            }
        }

        return true;
    }
}
