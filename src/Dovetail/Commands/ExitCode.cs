using System.Collections.Immutable;

namespace Dovetail.Commands;

/// <summary>What every command ends with. Scripts rely on it.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>It was refused, it failed, or what was looked at is not in order.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>No daemon answers; for <c>dovetail check</c>: no Docker Engine.</summary>
    public const int NoAnswer = 3;

    /// <summary>Each with its meaning, for the help text and the README.</summary>
    public static ImmutableArray<(int Code, string Meaning)> All { get; } =
    [
        (Done, "done"),
        (Failed, "refused or failed (check: there are mistakes; health: unhealthy, or no daemon answers)"),
        (Usage, "the command line is wrong"),
        (NoAnswer, "no daemon answers (check: no Docker Engine)"),
    ];
}
