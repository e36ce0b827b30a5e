using Dovetail.Tailscale;

namespace Dovetail.Nodes.Facts;

/// <summary>What a node remembers of its logins.</summary>
internal sealed record LoginMemory
{
    /// <summary>A <c>tailscale</c> command is at work on the login.</summary>
    public LoginAction Running { get; init; }

    /// <summary>The identity that this tailscaled was last told, whatever came of it; null since its start.</summary>
    public NodeIdentity? LastAppliedIdentity { get; init; }

    /// <summary>Why the last <c>up</c> failed; null after one that did not.</summary>
    public UpFailure? Failure { get; init; }

    /// <summary>Failures in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Not before this time again, unless a new key comes.</summary>
    public DateTimeOffset RetryAt { get; init; }

    /// <summary>Fingerprint of the key that the control server refused; null: none.</summary>
    public string? RefusedKey { get; init; }

    /// <summary>When the refused key may be tried again.</summary>
    public DateTimeOffset RefusedUntil { get; init; }

    /// <summary>tailscaled still tries the refused key by itself (02-up/invalid-key.txt) and has to be stopped.</summary>
    public bool RetriesGoOn { get; init; }
}
