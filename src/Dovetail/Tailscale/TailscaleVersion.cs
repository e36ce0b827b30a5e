using System.Collections.Immutable;
using Dovetail.Processes;

namespace Dovetail.Tailscale;

/// <summary>Which release a binary is.</summary>
internal static class TailscaleVersion
{
    /// <summary>The first release whose TCPForward speaks the PROXY protocol.</summary>
    public static readonly Version Oldest = new(1, 92);

    /// <summary>
    /// Reads the first line of <c>--version</c>, such as <c>1.96.5</c> or <c>1.97.12-t1234abcd</c>; null when it is none.
    /// </summary>
    public static Version? Parse(string? line)
    {
        var number = line?.Trim().Split('-', ' ')[0];
        return Version.TryParse(number, out var version) ? version : null;
    }

    /// <summary>Asks the binary.</summary>
    /// <returns>Null when the answer is not a version.</returns>
    /// <exception cref="ChildStartException">The binary cannot be started.</exception>
    /// <exception cref="TimeoutException">It has not answered within 20 s; it has been ended.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up; the binary has been ended.</exception>
    public static async Task<Version?> AskAsync(
        string fileName, ImmutableDictionary<string, string> environment, TimeProvider time, CancellationToken cancellationToken)
    {
        string? first = null;
        var start = new ChildStart
        {
            FileName = fileName,
            Arguments = ["--version"],
            Environment = environment,
            OnLine = (stream, line) =>
            {
                if (stream == ChildStream.Output)
                {
                    first ??= line;
                }
            },
        };
        await using var child = ChildProcess.Start(start, time);
        await child.Exited.WaitAsync(TimeSpan.FromSeconds(20), time, cancellationToken);
        return Parse(first);
    }
}
