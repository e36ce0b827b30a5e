using System.Text.Json.Serialization;

namespace Dovetail.Notifications.Receivers;

/// <summary>
/// What ntfy takes at its root (docs.ntfy.sh/publish, "Publish as JSON"). Without <c>markdown</c> it shows texts as they are.
/// </summary>
internal sealed record NtfyPayload(string Topic, string Title, string Message, int Priority, IReadOnlyList<string> Tags, string? Click);

/// <summary>
/// What Gotify takes at <c>/message</c> (gotify.net/docs/pushmsg). Texts are shown as they are by <see cref="GotifyDisplay"/>.
/// </summary>
internal sealed record GotifyPayload(string Title, string Message, int Priority, GotifyExtras Extras);

/// <summary>gotify.net/docs/msgextras.</summary>
internal sealed record GotifyExtras(
    [property: JsonPropertyName("client::display")] GotifyDisplay Display,
    [property: JsonPropertyName("client::notification")] GotifyNotification? Notification);

internal sealed record GotifyDisplay([property: JsonPropertyName("contentType")] string ContentType);

internal sealed record GotifyNotification(GotifyClick Click);

internal sealed record GotifyClick(string Url);

/// <summary>What a Discord webhook takes (docs.discord.com, "Execute Webhook").</summary>
internal sealed record DiscordPayload(string Username, IReadOnlyList<DiscordEmbed> Embeds, DiscordMentions AllowedMentions);

/// <summary>A title of at most 256 characters, a description of at most 4096.</summary>
internal sealed record DiscordEmbed(string Title, string Description, int Color, string? Url);

/// <summary>Who may be mentioned: an empty list is nobody.</summary>
internal sealed record DiscordMentions(IReadOnlyList<string> Parse);

/// <summary>What a Slack webhook takes; without <c>mrkdwn</c> nothing in the text is formatting.</summary>
internal sealed record SlackPayload(string Text, bool Mrkdwn);

/// <summary>Dovetail's own document. Fields are only ever added.</summary>
internal sealed record NotificationDocument
{
    public required string Title { get; init; }

    /// <summary>All of it, in words.</summary>
    public required string Message { get; init; }

    /// <summary>Name of the machine that Dovetail runs on.</summary>
    public required string Host { get; init; }

    public required DateTimeOffset Time { get; init; }

    public string? Url { get; init; }

    /// <summary>At most <see cref="PayloadText.MostEvents"/>; empty for a test.</summary>
    public required IReadOnlyList<NotificationEvent> Events { get; init; }

    /// <summary>How many events there were besides.</summary>
    public required int MoreEvents { get; init; }
}

/// <summary>One thing that began or is over.</summary>
/// <param name="Event"><c>began</c>, <c>over</c>, or <c>gone</c>: over, as its service is no longer wanted.</param>
/// <param name="Subject">A service; a container that is refused; <c>Docker</c>.</param>
/// <param name="Condition">An id of the list of conditions, <c>container-refused</c> or <c>docker-away</c>.</param>
/// <param name="Severity">Notice or Problem.</param>
/// <param name="QuietUntil">The subject changes too often: nothing more is said of it before that time.</param>
internal sealed record NotificationEvent(
    string Event,
    string Subject,
    string Condition,
    string Severity,
    string Text,
    string Fix,
    DateTimeOffset Since,
    DateTimeOffset? QuietUntil);

/// <summary>ntfy, Gotify and Dovetail's own.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NtfyPayload))]
[JsonSerializable(typeof(GotifyPayload))]
[JsonSerializable(typeof(NotificationDocument))]
internal sealed partial class ReceiverJson : JsonSerializerContext;

/// <summary>Discord and Slack, whose fields have underscores.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DiscordPayload))]
[JsonSerializable(typeof(SlackPayload))]
internal sealed partial class WebhookJson : JsonSerializerContext;
