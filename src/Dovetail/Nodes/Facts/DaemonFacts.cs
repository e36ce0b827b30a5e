namespace Dovetail.Nodes.Facts;

/// <summary>What holds for one tailscaled alone; the next one begins with none of it.</summary>
internal sealed record DaemonFacts
{
    /// <summary>Null while none runs.</summary>
    public int? ProcessId { get; init; }

    /// <summary>It has not answered the last question, or not yet.</summary>
    public bool IsSilent { get; init; }

    /// <summary>The identity that <c>tailscale up</c> was last run for, whatever came of it; null: not since its start.</summary>
    public NodeIdentity? LastAppliedIdentity { get; init; }

    /// <summary>It still tries the refused key by itself (recorded: 27 tries in 67 s) and has to be stopped.</summary>
    public bool RetriesRefusedKey { get; init; }
}

/// <summary>What is remembered from one tailscaled to the next.</summary>
internal sealed record SupervisionFacts
{
    /// <summary>Why no tailscaled runs at the moment; null while one runs or starts.</summary>
    public DaemonDown? Down { get; init; }

    /// <summary>How often tailscaled was started after the first time.</summary>
    public int Restarts { get; init; }

    /// <summary>Why tailscaled cannot use its state directory, until one can.</summary>
    public string? StateError { get; init; }

    /// <summary>Where an unreadable state file was moved to; null: there was none.</summary>
    public string? StateMovedTo { get; init; }
}

/// <summary>Why a node has no tailscaled at the moment.</summary>
/// <param name="How">How the last one ended, such as <c>ended with exit code 1; its last words: …</c>.</param>
/// <param name="RetryAt">When the next one is started.</param>
internal sealed record DaemonDown(string How, DateTimeOffset RetryAt);
