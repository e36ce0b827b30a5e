using System.Runtime.InteropServices;

namespace Dovetail.Testing;

/// <summary>Signals to processes, by their Linux numbers (signal(7)).</summary>
public static partial class Signals
{
    public const int Hangup = 1;
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int User1 = 10;
    public const int Pipe = 13;
    public const int Terminate = 15;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <exception cref="InvalidOperationException">There is no such process, or it is not ours.</exception>
    public static void Send(int process, int signal)
    {
        if (SendSignal(process, signal) != 0)
        {
            throw new InvalidOperationException($"Signal {signal} did not reach process {process}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
