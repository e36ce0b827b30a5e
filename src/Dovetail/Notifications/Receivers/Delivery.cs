namespace Dovetail.Notifications.Receivers;

/// <summary>What became of one try to send a message.</summary>
internal enum DeliveryOutcome
{
    Sent,

    /// <summary>It may succeed later.</summary>
    Failed,

    /// <summary>The same message will not be taken later either.</summary>
    Refused,
}

/// <summary>How one try went.</summary>
/// <param name="Text">In words, without anything of the receiver's address.</param>
/// <param name="RetryAfter">How long the receiver asks to wait; null: it does not say.</param>
internal sealed record Delivery(DeliveryOutcome Outcome, string Text, TimeSpan? RetryAfter = null);
