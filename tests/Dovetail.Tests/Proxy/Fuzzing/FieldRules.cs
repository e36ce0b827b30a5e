namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>Which fields arrive at a container, by an own list.</summary>
internal static class FieldRules
{
    // RFC 9110, section 7.6.1, and what older agents used.
    private static readonly string[] HopByHop = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "http2-settings"];

    // Compared by what they say, not as they are.
    private static readonly string[] Framing = ["host", "content-length", "x-content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"];

    // The forwarder (Yarp.ReverseProxy) keeps them for itself: they are about a hop, or are answers to one.
    private static readonly string[] MayBeDropped =
    [
        "proxy-authenticate", "proxy-authentication-info", "proxy-authorization", "proxy-features", "proxy-instruction", "security-scheme",
        "alpn", "close", "alt-svc", "upgrade-insecure-requests",
    ];

    private static readonly string[] ForgeableNames =
    [
        "forwarded", "x-forwarded", "x-real-ip", "remote-user", "remote-name", "remote-email", "remote-groups", "x-original-url",
        "x-rewrite-url", "x-client-ip", "true-client-ip", "cf-connecting-ip", "proxy",
    ];

    private static readonly string[] ForgeablePrefixes =
    [
        "tailscale-", "x-tailscale-", "x-forwarded-", "x-remote-", "x-auth-request-", "x-authentik-", "x-webauth-", "x-ssl-client-",
    ];

    private static readonly Dictionary<string, string> Own = new(StringComparer.OrdinalIgnoreCase)
    {
        ["X-Forwarded-For"] = "100.64.0.7",
        ["X-Real-IP"] = "100.64.0.7",
        ["Tailscale-User-Login"] = "ada@example.com",
        ["Tailscale-User-Name"] = "Ada Lovelace",
        ["Tailscale-User-Profile-Pic"] = "https://example.com/ada.png",
        ["X-Tailscale-User"] = "ada@example.com",
        ["X-Tailscale-Name"] = "Ada Lovelace",
        ["X-Tailscale-Login"] = "ada@example.com",
        ["X-Tailscale-Tailnet"] = "example.com",
    };

    /// <summary>What is wrong with the fields that arrived; null: nothing.</summary>
    public static string? Difference(ReadRequest sent, ReceivedRequest arrived, string scheme)
    {
        var nominated = Syntax.Nominated(sent.Fields);
        var hosts = arrived.Fields.Count(static field => Syntax.Same(field.Name, "Host"));
        if (hosts != 1 || !Syntax.Same(arrived.Value("Host")!, sent.Host))
        {
            return $"Host: {arrived.Value("Host")} ({hosts} times) in the place of {sent.Host}";
        }

        foreach (var (name, value) in (KeyValuePair<string, string>[])[.. Own, new("X-Forwarded-Proto", scheme), new("X-Forwarded-Host", sent.Host)])
        {
            if (arrived.Value(name) != value)
            {
                return $"{name}: {arrived.Value(name)} in the place of {value}";
            }
        }

        foreach (var name in arrived.Fields.Select(static field => field.Name))
        {
            if (Unwanted(name, sent, arrived, nominated) is { } why)
            {
                return $"{name}: {arrived.Value(name)} arrived: {why}";
            }
        }

        foreach (var name in sent.Fields.Select(static field => field.Name).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var key = name.ToLowerInvariant();
            if (!Framing.Contains(key) && !HopByHop.Contains(key) && !nominated.Contains(key) && !IsForgeable(key) && !MayBeDropped.Contains(key)
                && arrived.Value(name) != ReceivedRequest.Join(sent.Fields, name))
            {
                return $"{name}: {arrived.Value(name)} in the place of {ReceivedRequest.Join(sent.Fields, name)}";
            }
        }

        return null;
    }

    // Servers and gateways take "_", and some every other character, for "-".
    private static bool IsForgeable(string name)
    {
        var plain = new string([.. name.ToLowerInvariant().Select(static c => char.IsAsciiLetterOrDigit(c) ? c : '-')]);
        return ForgeableNames.Contains(plain) || ForgeablePrefixes.Any(prefix => plain.StartsWith(prefix, StringComparison.Ordinal));
    }

    private static string? Unwanted(string name, ReadRequest sent, ReceivedRequest arrived, HashSet<string> nominated)
    {
        var key = name.ToLowerInvariant();
        switch (key)
        {
            case "connection":
                return Syntax.Same(arrived.Value(name)!, "Upgrade") && arrived.Value("Upgrade") is not null ? null : "it is the hop's";
            case "upgrade":
                var offered = ReceivedRequest.Join(sent.Fields, name)?.Split(',') ?? [];
                return arrived.Value("Connection") is not null && nominated.Contains("upgrade")
                    && arrived.Value(name)!.Split(',').All(one => offered.Contains(one) && !one.StartsWith("h2", StringComparison.OrdinalIgnoreCase)
                        && !one.StartsWith("http", StringComparison.OrdinalIgnoreCase)) ? null : "nobody asked for it";
            case "te":
                return Syntax.Same(arrived.Value(name)!, "trailers") ? null : "it is the hop's";
            case "host" or "content-length" or "transfer-encoding" or "trailer" or "expect":
                return null;
        }

        return HopByHop.Contains(key) ? "it is the hop's"
            : IsForgeable(key) ? Own.ContainsKey(name) || key is "x-forwarded-proto" or "x-forwarded-host" ? null : "it is forged"
            : nominated.Contains(key) ? "Connection names it"
            : sent.Fields.Any(field => Syntax.Same(field.Name, name)) ? null : "nobody sent it";
    }
}
