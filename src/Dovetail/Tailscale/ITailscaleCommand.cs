using System.Collections.Immutable;
using Dovetail.Processes;

namespace Dovetail.Tailscale;

/// <summary>Runs the <c>tailscale</c> command; a call that outlives its deadline or its caller is ended.</summary>
internal interface ITailscaleCommand
{
    /// <param name="deadline">Longest run; the command is ended after it.</param>
    /// <exception cref="ChildStartException">The executable cannot be started.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up; the command has ended.</exception>
    Task<CommandResult> RunAsync(ImmutableArray<string> arguments, TimeSpan deadline, CancellationToken cancellationToken);
}
