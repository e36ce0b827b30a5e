using System.Globalization;
using System.Text;

namespace Dovetail.Notifications.Receivers;

/// <summary>
/// Reads the list of receivers. What it says of a mistake never holds any part of the list, as that may be a secret; only the number of
/// the entry.
/// </summary>
internal static class ReceiverSyntax
{
    /// <summary>The most that are taken.</summary>
    public const int Most = 10;

    /// <summary>What can be written.</summary>
    public const string Allowed = "give URLs such as ntfy+https://ntfy.sh/TOPIC, gotify+https://HOST/?token=TOKEN, "
        + "https://discord.com/api/webhooks/ID/TOKEN, https://hooks.slack.com/services/…, or that of a webhook that takes JSON";

    private static readonly string[] DiscordHosts = ["discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"];

    private static readonly char[] Separators = [',', ' ', '\t', '\r', '\n'];

    /// <returns>What is wrong; null when <paramref name="receivers"/> is read.</returns>
    public static string? ReadList(string text, out IReadOnlyList<Receiver> receivers)
    {
        var entries = text.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        List<Receiver> read = [];
        receivers = read;
        if (entries.Length is 0 or > Most)
        {
            return entries.Length == 0 ? $"names no receiver; {Allowed}" : string.Create(CultureInfo.InvariantCulture, $"names more than {Most} receivers");
        }

        for (var place = 0; place < entries.Length; place++)
        {
            if (Read(entries[place], out var receiver) is { } problem)
            {
                return string.Create(CultureInfo.InvariantCulture, $"its entry number {place + 1} {problem}");
            }

            if (!read.Exists(receiver!.IsSame))
            {
                read.Add(receiver);
            }
        }

        return null;
    }

    private static string? Read(string entry, out Receiver? receiver)
    {
        receiver = null;
        if (entry.StartsWith("discord://", StringComparison.OrdinalIgnoreCase))
        {
            // As other programs write it: ID and token alone.
            entry = $"https://{DiscordHosts[0]}/api/webhooks/{entry["discord://".Length..]}";
        }

        var end = entry.IndexOf("://", StringComparison.Ordinal);
        var scheme = end < 0 ? "" : entry[..end].ToLowerInvariant();
        var plus = scheme.IndexOf('+');
        var (word, transport) = plus < 0 ? (null, scheme) : (scheme[..plus], scheme[(plus + 1)..]);
        if (transport is not ("http" or "https") || (word is not null && KindOf(word) is null))
        {
            return $"begins otherwise than http, https, or one of ntfy, gotify, discord, slack and json with +https or +http; {Allowed}";
        }

        if (!Uri.TryCreate($"{transport}{entry[end..]}", UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            return $"is no URL; {Allowed}";
        }

        var byHost = ByHost(uri.IdnHost);
        if (byHost is not null && transport == "http")
        {
            return "is sent in the clear to a server that speaks https; write https";
        }

        return Read(word is null ? byHost ?? ReceiverKind.Json : KindOf(word)!.Value, uri, out receiver);
    }

    private static string? Read(ReceiverKind kind, Uri uri, out Receiver? receiver)
    {
        receiver = null;
        var (authorization, token, topic) = (AuthorizationOf(kind, uri), default(string), "");
        // What stands before the host goes into a header, and what is after # nowhere.
        var address = new UriBuilder(uri) { UserName = "", Password = "", Fragment = "" };
        switch (kind)
        {
            case ReceiverKind.Ntfy:
                var path = uri.AbsolutePath.TrimEnd('/');
                var cut = path.LastIndexOf('/');
                topic = Uri.UnescapeDataString(path[(cut + 1)..]);
                if (topic.Length == 0)
                {
                    return "names no topic; write ntfy+https://HOST/TOPIC";
                }

                // Published as JSON, the topic is in the document (docs.ntfy.sh/publish, "Publish as JSON").
                address.Path = path[..(cut + 1)];
                break;
            case ReceiverKind.Gotify:
                var parts = uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries);
                token = parts.FirstOrDefault(static part => part.StartsWith("token=", StringComparison.Ordinal)) is { } found
                    ? Uri.UnescapeDataString(found["token=".Length..])
                    : null;
                if (string.IsNullOrEmpty(token) || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
                {
                    return "names no application token; write gotify+https://HOST/?token=TOKEN";
                }

                address.Query = "";
                var stem = uri.AbsolutePath.TrimEnd('/');
                address.Path = stem.EndsWith("/message", StringComparison.Ordinal) ? stem : stem + "/message";
                break;
            case ReceiverKind.Discord:
                var segments = uri.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
                var hooks = Array.IndexOf(segments, "webhooks");
                if (hooks < 0 || segments.Length != hooks + 3)
                {
                    return "is no Discord webhook; copy its URL, which ends in /api/webhooks/ID/TOKEN";
                }

                break;
            case ReceiverKind.Slack when uri.AbsolutePath == "/":
                return "is no Slack webhook; copy its URL, which begins with https://hooks.slack.com/services/";
        }

        receiver = new Receiver(kind, address.Uri, topic, authorization, token);
        return null;
    }

    private static ReceiverKind? KindOf(string word) => word switch
    {
        "json" => ReceiverKind.Json,
        "ntfy" => ReceiverKind.Ntfy,
        "gotify" => ReceiverKind.Gotify,
        "discord" => ReceiverKind.Discord,
        "slack" => ReceiverKind.Slack,
        _ => null,
    };

    private static ReceiverKind? ByHost(string host) => host.ToLowerInvariant() switch
    {
        "ntfy.sh" => ReceiverKind.Ntfy,
        "hooks.slack.com" => ReceiverKind.Slack,
        var other when DiscordHosts.Contains(other) => ReceiverKind.Discord,
        _ => null,
    };

    // An access token of ntfy stands alone (docs.ntfy.sh/publish, "Access tokens"); else it is a name and a password (RFC 7617).
    private static string? AuthorizationOf(ReceiverKind kind, Uri uri)
    {
        if (uri.UserInfo.Length == 0)
        {
            return null;
        }

        var said = Uri.UnescapeDataString(uri.UserInfo);
        return kind == ReceiverKind.Ntfy
            && said.StartsWith("tk_", StringComparison.Ordinal)
            && said.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '_')
            ? $"Bearer {said}"
            : $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(said.Contains(':') ? said : said + ":"))}";
    }
}
