using Dovetail.Proxy.Model;

namespace Dovetail.Proxy.Http;

/// <summary>
/// A redirect of an application to the address under which only the proxy knows it. Applications that build absolute addresses from
/// their own, and not from <c>Host</c>, would send the visitor to a place that exists only between containers.
/// </summary>
internal static class OwnRedirect
{
    // Docker's default host name of a container: the beginning of its id.
    private const int ShortIdLength = 12;

    /// <summary>Where the visitor finds the same.</summary>
    /// <param name="location">The value of <c>Location</c>.</param>
    /// <param name="upstream">The upstream that sent it.</param>
    /// <param name="origin">Scheme and host under which the visitor has asked, such as <c>https://web.example.ts.net</c>.</param>
    /// <returns>Null: the redirect leads somewhere else, and stays as it is.</returns>
    public static string? Rewritten(string location, UpstreamAddress upstream, string origin)
    {
        var host = AfterScheme(location);
        if (host is not { } start)
        {
            return null;
        }

        var end = location.IndexOfAny(['/', '?', '#', '\\'], start);
        var authority = end < 0 ? location[start..] : location[start..end];
        if (!TrySplit(authority, out var name, out var port) || !IsOf(upstream, name) || !(port.Length == 0 || port == PortOf(upstream)))
        {
            return null;
        }

        return end < 0 ? origin + "/" : location[end] is '/' or '\\' ? origin + location[end..] : $"{origin}/{location[end..]}";
    }

    // "//host/path" takes the scheme of the page.
    private static int? AfterScheme(string location)
    {
        foreach (var scheme in (ReadOnlySpan<string>)["http://", "https://", "//"])
        {
            if (location.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            {
                return scheme.Length;
            }
        }

        return null;
    }

    private static bool TrySplit(string authority, out string host, out string port)
    {
        port = "";
        if (!HostNames.TryParse(authority, out host))
        {
            return false;
        }

        var colon = authority.LastIndexOf(':');
        port = colon > authority.LastIndexOf(']') ? authority[(colon + 1)..] : "";
        return true;
    }

    private static bool IsOf(UpstreamAddress upstream, string host) =>
        host.Equals(upstream.Host, StringComparison.OrdinalIgnoreCase)
        || host.Equals(upstream.PlainName, StringComparison.OrdinalIgnoreCase)
        || (host.Length == ShortIdLength && upstream.ContainerId.StartsWith(host, StringComparison.OrdinalIgnoreCase));

    private static string PortOf(UpstreamAddress upstream) => upstream.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
