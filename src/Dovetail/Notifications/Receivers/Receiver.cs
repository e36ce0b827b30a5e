namespace Dovetail.Notifications.Receivers;

/// <summary>Whose format a receiver reads.</summary>
internal enum ReceiverKind
{
    /// <summary>Dovetail's own: a document with all that is known.</summary>
    Json,
    Ntfy,
    Gotify,
    Discord,
    Slack,
}

/// <summary>
/// Where messages go. Its address is a secret, for whoever knows it can write there; it prints as its kind, scheme and host.
/// </summary>
/// <param name="address">Where it takes messages.</param>
/// <param name="topic">Of ntfy; else empty.</param>
/// <param name="authorization">Value of an <c>Authorization</c> header; null: none.</param>
/// <param name="token">Of Gotify; else null.</param>
internal sealed class Receiver(ReceiverKind kind, Uri address, string topic = "", string? authorization = null, string? token = null)
{
    public ReceiverKind Kind => kind;

    public Uri Address => address;

    public string Topic => topic;

    public string? Authorization => authorization;

    public string? Token => token;

    /// <summary>What may be shown of it: <c>ntfy at https://ntfy.sh</c>.</summary>
    public string Title { get; } =
        $"{kind.ToString().ToLowerInvariant()} at {address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)}";

    /// <summary>Whether it is the same, address and secrets included.</summary>
    public bool IsSame(Receiver other) => kind == other.Kind && address == other.Address && topic == other.Topic
        && authorization == other.Authorization && token == other.Token;

    public override string ToString() => Title;
}
