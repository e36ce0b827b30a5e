using System.Runtime.InteropServices;

namespace Dovetail.Processes;

/// <summary>Signals to children (signal(7)); of .NET's own there is SIGKILL only.</summary>
internal static partial class ProcessSignal
{
    private const int Terminated = 15;

    /// <summary>Asks a process to end (SIGTERM); does nothing when it is gone.</summary>
    public static void Terminate(int process) => _ = Signal(process, Terminated);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
