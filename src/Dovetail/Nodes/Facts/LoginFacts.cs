using Dovetail.Tailscale;

namespace Dovetail.Nodes.Facts;

/// <summary>What is known of the node's logins, from one tailscaled to the next.</summary>
internal sealed record LoginFacts
{
    /// <summary>Fingerprint of the key that is there now; null: none.</summary>
    public string? Key { get; init; }

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

    /// <summary>The control server answers, but has not counted the node as online for a while; until it is online.</summary>
    public bool IsCutOff { get; init; }

    /// <summary>A node that is cut off is given a new tailscaled, but not before this time.</summary>
    public DateTimeOffset ReplaceAt { get; init; }

    /// <summary>Whether the key that is there now is the one that the control server refused.</summary>
    public bool IsKeyRefused => Key is not null && Key == RefusedKey;

    /// <summary>The facts of a node that has logged in.</summary>
    public LoginFacts Succeeded() => this with { Failure = null, Failures = 0, RetryAt = default, RefusedKey = null };
}
