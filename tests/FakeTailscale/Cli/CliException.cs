namespace FakeTailscale.Cli;

/// <summary>Ends a command: the message goes to stderr as it is, with a line end when it has none.</summary>
internal sealed class CliException : Exception
{
    public CliException()
    {
    }

    public CliException(string message)
        : base(message)
    {
    }

    public CliException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public int ExitCode { get; init; } = 1;
}
