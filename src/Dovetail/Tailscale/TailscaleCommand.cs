using System.Collections.Immutable;
using Dovetail.Processes;

namespace Dovetail.Tailscale;

/// <summary>Runs the <c>tailscale</c> command; a call that outlives its deadline or its caller is ended.</summary>
/// <param name="fileName">The executable.</param>
/// <param name="environment">What it inherits.</param>
internal sealed class TailscaleCommand(string fileName, ImmutableDictionary<string, string> environment, TimeProvider time) : ITailscaleCommand
{
    private const int KeptLines = 20;
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    /// <param name="deadline">Longest run; the command is ended after it.</param>
    /// <exception cref="ChildStartException">The executable cannot be started.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up; the command has ended.</exception>
    public async Task<CommandResult> RunAsync(ImmutableArray<string> arguments, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var errors = new LogBuffer(KeptLines);
        var child = ChildProcess.Start(
            new ChildStart
            {
                FileName = fileName,
                Arguments = arguments,
                Environment = environment,
                OnLine = (stream, line) =>
                {
                    if (stream == ChildStream.Error && !string.IsNullOrWhiteSpace(line))
                    {
                        errors.Add(line.Trim());
                    }
                },
            },
            time);
        await using (child)
        {
            try
            {
                var exitCode = await child.Exited.WaitAsync(deadline, time, cancellationToken);
                return new CommandResult(exitCode, string.Join('\n', errors.Tail(KeptLines)));
            }
            catch (TimeoutException)
            {
                var exitCode = await child.StopAsync(StopGrace);
                errors.Add($"no end after {deadline.TotalSeconds:0} s");
                return new CommandResult(exitCode == 0 ? 1 : exitCode, string.Join('\n', errors.Tail(KeptLines)));
            }
            catch (OperationCanceledException)
            {
                await child.StopAsync(StopGrace);
                throw;
            }
        }
    }
}
