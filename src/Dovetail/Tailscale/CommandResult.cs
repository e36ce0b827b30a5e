namespace Dovetail.Tailscale;

/// <summary>How a <c>tailscale</c> command ended.</summary>
/// <param name="ExitCode">0: done; 128 + signal number when a signal ended it.</param>
/// <param name="Error">What it wrote to standard error, without empty lines; at most the last 20 lines.</param>
internal sealed record CommandResult(int ExitCode, string Error)
{
    public bool Succeeded => ExitCode == 0;
}
