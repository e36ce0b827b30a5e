namespace Dovetail.Nodes;

/// <summary>How the session of a tailscaled ended.</summary>
/// <param name="How">What tailscaled did or met, to be read after its name: <c>ended with exit code 1</c>.</param>
/// <param name="IsFailure">Whether the next session begins after a wait; else at once.</param>
internal sealed record SessionEnd(string How, bool IsFailure)
{
    /// <summary>Somebody, or a decision that has no reason to wait, wants a new tailscaled.</summary>
    public static SessionEnd OnRequest { get; } = new("is started anew", IsFailure: false);

    public static SessionEnd Failure(string how) => new(how, IsFailure: true);
}
