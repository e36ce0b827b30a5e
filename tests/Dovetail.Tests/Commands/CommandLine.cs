using System.CommandLine;
using Dovetail.Commands;

namespace Dovetail.Tests.Commands;

/// <summary>Runs the program's commands in the test's process.</summary>
internal static class CommandLine
{
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        Terminal terminal, CancellationToken cancellationToken, params string[] arguments)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var configuration = new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null };
        var exitCode = await DovetailCommand.InvokeAsync(arguments, terminal, configuration, cancellationToken);
        return (exitCode, output.ToString(), error.ToString());
    }
}
