using System.Collections.Immutable;

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

    /// <summary>Gets each line of standard output and standard error as it comes; called from one thread at a time per stream.</summary>
    public Action<ChildStream, string> OnLine { get; init; } = static (_, _) => { };
}
