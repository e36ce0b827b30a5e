namespace Dovetail.EndToEndTests.Harness;

/// <summary>How a command ended.</summary>
internal sealed record CommandResult(string CommandLine, int ExitCode, string Stdout, string Stderr)
{
    /// <exception cref="InvalidOperationException">The command failed; the message holds all it said.</exception>
    public CommandResult MustSucceed() =>
        ExitCode == 0 ? this : throw new InvalidOperationException(ToString());

    public override string ToString() =>
        $"`{CommandLine}` ended with exit code {ExitCode}{Environment.NewLine}{Stdout}{Stderr}";
}
