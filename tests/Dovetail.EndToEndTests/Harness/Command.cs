using System.Diagnostics;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>Runs a program to its end.</summary>
internal static class Command
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    /// <param name="environment">Added to that of the tests; a null value takes a variable away.</param>
    /// <param name="input">Writes what the program reads; null: nothing to read.</param>
    /// <exception cref="TimeoutException">It did not end within the deadline (default 2 minutes) and was killed.</exception>
    public static async Task<CommandResult> RunAsync(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        Func<Stream, CancellationToken, Task>? input = null,
        TimeSpan? deadline = null,
        CancellationToken cancellation = default)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.SetEnvironment(environment);
        var commandLine = string.Join(' ', [Path.GetFileName(program), .. start.ArgumentList]);

        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(deadline ?? Deadline);
        try
        {
            var stdout = process.StandardOutput.ReadToEndAsync(limit.Token);
            var stderr = process.StandardError.ReadToEndAsync(limit.Token);
            try
            {
                await using var stdin = process.StandardInput.BaseStream;
                await (input?.Invoke(stdin, limit.Token) ?? Task.CompletedTask);
            }
            catch (IOException)
            {
                // The program ended without reading all of it; its exit code and what it said tell why.
            }

            await process.WaitForExitAsync(limit.Token);
            return new CommandResult(commandLine, process.ExitCode, await stdout, await stderr);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"`{commandLine}` did not end within {deadline ?? Deadline}.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}

/// <summary>How a command ended.</summary>
internal sealed record CommandResult(string CommandLine, int ExitCode, string Stdout, string Stderr)
{
    /// <exception cref="InvalidOperationException">The command failed; the message holds all it said.</exception>
    public CommandResult MustSucceed() =>
        ExitCode == 0 ? this : throw new InvalidOperationException(ToString());

    public override string ToString() =>
        $"`{CommandLine}` ended with exit code {ExitCode}{Environment.NewLine}{Stdout}{Stderr}";
}
