using System.Collections.Immutable;
using System.ComponentModel;

namespace Dovetail.Processes;

/// <summary>What to run.</summary>
internal sealed record ChildStart
{
    /// <summary>Path of the executable, or its name to be found on <c>PATH</c>.</summary>
    public required string FileName { get; init; }

    /// <summary>Arguments as the program gets them; nothing secret, because every process on the host can read them.</summary>
    public required ImmutableArray<string> Arguments { get; init; }

    /// <summary>The child's whole environment.</summary>
    public required ImmutableDictionary<string, string> Environment { get; init; }

    /// <summary>
    /// Gets each line of standard output and standard error as it comes; called from one thread at a time per stream. It must
    /// not throw: the child's output would no longer be drained.
    /// </summary>
    public Action<ChildStream, string> OnLine { get; init; } = static (_, _) => { };

    /// <summary>Puts the child into a session of its own; null: it stays in this process's.</summary>
    public SessionLauncher? Launcher { get; init; } = SessionLauncher.Current;
}

/// <summary>Which of a child's two outputs a line came from.</summary>
internal enum ChildStream
{
    Output,
    Error,
}

/// <summary>A child could not be started; the message names the file and the system's reason.</summary>
internal sealed class ChildStartException(string fileName, Exception cause)
    : Exception($"cannot start {fileName}: {ReasonOf(cause)}", cause)
{
    // The outer texts of CliWrap and of the runtime repeat the file name and guess at causes; the system's error number is exact.
    private static string ReasonOf(Exception cause) => cause switch
    {
        { InnerException: Win32Exception inner } => ReasonOf(inner),
        Win32Exception { NativeErrorCode: not 0 } system => new Win32Exception(system.NativeErrorCode).Message,
        _ => cause.Message,
    };
}
