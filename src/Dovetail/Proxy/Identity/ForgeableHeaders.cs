namespace Dovetail.Proxy.Identity;

/// <summary>Removes what a client could have set to pass for the proxy's own headers.</summary>
internal static class ForgeableHeaders
{
    private static readonly string[] Names = ["forwarded", "x-forwarded", "x-real-ip"];
    private static readonly string[] Prefixes = ["tailscale-", "x-tailscale-", "x-forwarded-"];

    // What frames the message or belongs to the forwarder stays although Connection may name it.
    private static readonly HashSet<string> NeverNominated = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "TE", "Trailer",
    };

    /// <summary>
    /// Removes forgeable headers in every spelling, and those that <c>Connection</c> names (RFC 9110 section 7.6.1).
    /// What the proxy sets itself is set after this, so no client can have it removed.
    /// </summary>
    public static void Strip(IHeaderDictionary headers)
    {
        List<string>? removed = null;
        foreach (var (name, _) in headers)
        {
            if (IsForgeable(name))
            {
                (removed ??= []).Add(name);
            }
        }

        foreach (var nominated in headers.GetCommaSeparatedValues("Connection"))
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

    /// <summary>
    /// Whether an upstream could read the name as one the proxy sets. CGI and WSGI turn <c>-</c> into <c>_</c>, some
    /// servers every character that is neither letter nor digit, so all of them count as the same.
    /// </summary>
    public static bool IsForgeable(ReadOnlySpan<char> name)
    {
        foreach (var exact in Names)
        {
            if (name.Length == exact.Length && Matches(name, exact))
            {
                return true;
            }
        }

        foreach (var prefix in Prefixes)
        {
            if (name.Length >= prefix.Length && Matches(name[..prefix.Length], prefix))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Matches(ReadOnlySpan<char> name, string pattern)
    {
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
