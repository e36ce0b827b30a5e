using System.Text;
using System.Text.Json;
using Dovetail.Common;
using Dovetail.Notifications.Messages;

namespace Dovetail.Notifications.Receivers;

/// <summary>A message as each kind of receiver takes it, with what would be formatting or a mention there made text.</summary>
internal static class PayloadText
{
    /// <summary>The most events of Dovetail's own document.</summary>
    public const int MostEvents = 100;

    // By their documentation ntfy makes an attachment of more than 4096 bytes, Discord refuses more than 4096 characters, and Slack advises
    // 4000 at most.
    private const int MostOfBody = 3900;

    private const int Red = 0xD83C3E;
    private const int Green = 0x3BA55C;

    /// <returns>UTF-8 JSON.</returns>
    public static byte[] Write(Receiver receiver, Message message) => receiver.Kind switch
    {
        ReceiverKind.Ntfy => JsonSerializer.SerializeToUtf8Bytes(Ntfy(receiver.Topic, message), ReceiverJson.Default.NtfyPayload),
        ReceiverKind.Gotify => JsonSerializer.SerializeToUtf8Bytes(Gotify(message), ReceiverJson.Default.GotifyPayload),
        ReceiverKind.Discord => JsonSerializer.SerializeToUtf8Bytes(Discord(message), WebhookJson.Default.DiscordPayload),
        ReceiverKind.Slack => JsonSerializer.SerializeToUtf8Bytes(Slack(message), WebhookJson.Default.SlackPayload),
        _ => JsonSerializer.SerializeToUtf8Bytes(Document(message), ReceiverJson.Default.NotificationDocument),
    };

    private static NtfyPayload Ntfy(string topic, Message message) => new(
        topic,
        message.Title,
        message.Body(MostOfBody, Encoding.UTF8.GetByteCount),
        message.IsBad ? 4 : 3,
        [message.IsBad ? "rotating_light" : message.Changes.IsEmpty ? "bell" : "white_check_mark"],
        message.Link);

    // Up to 3 is silent on a phone, up to 7 makes a sound, more shows at once (Gotify for Android).
    private static GotifyPayload Gotify(Message message) => new(
        message.Title,
        message.Body(MostOfBody, static text => text.Length),
        message.IsBad ? 8 : 4,
        new GotifyExtras(
            new GotifyDisplay("text/plain"), message.Link is { } link ? new GotifyNotification(new GotifyClick(link)) : null));

    private static DiscordPayload Discord(Message message) => new(
        "Dovetail",
        [
            new DiscordEmbed(
                ForDiscord(message.Title),
                ForDiscord(message.Body(MostOfBody, static text => ForDiscord(text).Length)),
                message.IsBad ? Red : Green,
                message.Link),
        ],
        new DiscordMentions([]));

    private static SlackPayload Slack(Message message) => new(
        ForSlack($"{message.Title}\n{message.Body(MostOfBody - (5 * Message.MostOfTitle), static text => ForSlack(text).Length)}"),
        Mrkdwn: false);

    private static NotificationDocument Document(Message message) => new()
    {
        Title = message.Title,
        Message = message.Body(MostOfBody, static text => text.Length),
        Host = message.Host,
        Time = message.At,
        Url = message.Link,
        Events =
        [
            .. message.Changes.Take(MostEvents).Select(static change => new NotificationEvent(
                change.Kind.ToString().ToLowerInvariant(),
                Printable.Text(change.Finding.Subject),
                change.Finding.Id,
                change.Finding.Severity.ToString(),
                Printable.Line(change.Finding.Text),
                Printable.Line(change.Finding.Fix),
                change.Since,
                change.QuietUntil)),
        ],
        MoreEvents = Math.Max(0, message.Changes.Length - MostEvents),
    };

    // Three characters begin links, mentions and commands (docs.slack.dev, "Escaping text"). Others that read the same format, such as
    // Mattermost, take @channel for a mention: a character without width keeps the word from being one.
    private static string ForSlack(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("@", "@\u2060", StringComparison.Ordinal);

    // A backslash before any of these makes it text; inside a URL it would break the link, and there they do nothing.
    private static string ForDiscord(string text)
    {
        var escaped = new StringBuilder(text.Length + 32);
        var (isInUrl, isLineStart) = (false, true);
        for (var place = 0; place < text.Length; place++)
        {
            var letter = text[place];
            isInUrl = letter is not (' ' or '\n') && (isInUrl || text.AsSpan(place).StartsWith("https://", StringComparison.Ordinal));
            if ((letter is '_' or '~' && !isInUrl) || letter is '\\' or '*' or '`' or '|' or '<' or '>' or '[' or ']'
                || (isLineStart && letter is ('#' or '-' or '+')))
            {
                escaped.Append('\\');
            }

            escaped.Append(letter);
            isLineStart = letter == '\n';
        }

        return escaped.ToString();
    }
}
