using System.Collections.Immutable;
using Dovetail.Processes;

namespace Dovetail.Tailscale;

/// <summary>Runs the <c>tailscale</c> command.</summary>
internal interface ITailscaleCommand
{
    /// <param name="arguments">See <see cref="TailscaleArguments"/>.</param>
    /// <param name="deadline">Longest run; the command is ended after it, and the result says so.</param>
    /// <param name="onOutput">Gets each line of standard output, which is kept nowhere: it may be a key. Must not throw.</param>
    /// <exception cref="ChildStartException">The executable cannot be started.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up; the command has ended.</exception>
    Task<CommandResult> RunAsync(
        ImmutableArray<string> arguments, TimeSpan deadline, Action<string>? onOutput, CancellationToken cancellationToken);
}

/// <summary>How a <c>tailscale</c> command ended.</summary>
/// <param name="ExitCode">0: done; 128 + signal number when a signal ended it.</param>
/// <param name="Error">What it wrote to standard error, without empty lines; at most the last 20 lines.</param>
internal sealed record CommandResult(int ExitCode, string Error)
{
    public bool Succeeded => ExitCode == 0;
}

/// <param name="fileName">The executable.</param>
/// <param name="environment">What it inherits.</param>
internal sealed class TailscaleCommand(string fileName, ImmutableDictionary<string, string> environment, TimeProvider time)
    : ITailscaleCommand
{
    private const int KeptLines = 20;
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(2);

    public async Task<CommandResult> RunAsync(
        ImmutableArray<string> arguments, TimeSpan deadline, Action<string>? onOutput, CancellationToken cancellationToken)
    {
        var errors = new LogBuffer(KeptLines);
        await using var child = ChildProcess.Start(
            new ChildStart
            {
                FileName = fileName,
                Arguments = arguments,
                Environment = environment,
                OnLine = (stream, line) =>
                {
                    if (stream == ChildStream.Output)
                    {
                        onOutput?.Invoke(line);
                    }
                    else if (!string.IsNullOrWhiteSpace(line))
                    {
                        errors.Add(line.Trim());
                    }
                },
            },
            time);
        try
        {
            return Result(await child.Exited.WaitAsync(deadline, time, cancellationToken));
        }
        catch (TimeoutException)
        {
            var exitCode = await child.StopAsync(StopGrace);
            errors.Add($"{TailscaleErrors.NoAnswer}{deadline.TotalSeconds:0} s");
            return Result(exitCode == 0 ? 1 : exitCode);
        }
        catch (OperationCanceledException)
        {
            await child.StopAsync(StopGrace);
            throw;
        }

        CommandResult Result(int exitCode) => new(exitCode, string.Join('\n', errors.Tail(KeptLines)));
    }
}
