namespace Dovetail.Notifications.Messages;

/// <summary>What is said of a finding.</summary>
internal enum ChangeKind
{
    /// <summary>It is the case.</summary>
    Began,

    /// <summary>It is over.</summary>
    Over,

    /// <summary>It is over because its service is no longer wanted.</summary>
    Gone,
}

/// <summary>One thing to say.</summary>
/// <param name="Since">When the finding began.</param>
/// <param name="Turns">How often it has begun and ended since it was last spoken of; over one, if it comes and goes.</param>
/// <param name="QuietUntil">Its subject changes too often: nothing more is said of it before that time. Null: it does not.</param>
internal sealed record Change(ChangeKind Kind, Finding Finding, DateTimeOffset Since, int Turns, DateTimeOffset? QuietUntil);
