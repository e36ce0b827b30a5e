namespace FakeTailscale.Tests;

/// <summary>How a process ended. A negative exit code is the signal that ended it.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error);
