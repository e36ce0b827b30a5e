using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Dovetail.EndToEndTests.StandIn;

/// <summary>Signals to a process, by their Linux numbers.</summary>
internal static partial class ProcessSignals
{
    public const int Hangup = 1;
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int User1 = 10;
    public const int Pipe = 13;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    public static void Send(Process process, int signal) => _ = SendSignal(process.Id, signal);

    /// <summary>The exit code, negative when a signal ended the process.</summary>
    public static int ExitCode(Process process) => process.ExitCode > 128 ? 128 - process.ExitCode : process.ExitCode;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
