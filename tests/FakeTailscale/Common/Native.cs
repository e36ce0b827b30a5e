using System.Runtime.InteropServices;

namespace FakeTailscale.Common;

/// <summary>The few libc calls that .NET has no type for, or only one that costs start-up time.</summary>
internal static partial class Native
{
    public const int SignalHangup = 1;
    public const int SignalUser1 = 10;
    public const int SignalUser2 = 12;

    private const int GetDescriptorFlags = 1; // F_GETFD
    private const int CloseOnExec = 1; // FD_CLOEXEC
    private const int Interrupted = 4; // EINTR

    private const nint DefaultDisposition = 0; // SIG_DFL
    private const nint IgnoreDisposition = 1; // SIG_IGN

    public static void UseDefault(int signal) => _ = SetSignal(signal, DefaultDisposition);

    public static void Ignore(int signal) => _ = SetSignal(signal, IgnoreDisposition);

    /// <summary>True when the descriptor came from the parent: what the runtime opens itself is close-on-exec.</summary>
    public static bool IsInherited(int descriptor)
    {
        int flags = FileControl(descriptor, GetDescriptorFlags, 0);
        return flags >= 0 && (flags & CloseOnExec) == 0;
    }

    /// <summary>Blocks until a byte, the end of the pipe or an error.</summary>
    public static unsafe void WaitForEndOrByte(int descriptor)
    {
        byte one;
        while (Read(descriptor, &one, 1) < 0 && Marshal.GetLastPInvokeError() == Interrupted)
        {
        }
    }

    /// <summary>Writes all of it, blocking as long as the pipe is full; gives up silently when its reader is gone.</summary>
    public static unsafe void WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                nint written = Write(descriptor, start + done, bytes.Length - done);
                if (written < 0 && Marshal.GetLastPInvokeError() != Interrupted)
                {
                    return;
                }

                done += Math.Max(written, 0);
            }
        }
    }

    /// <summary>Random hexadecimal digits, without loading a cryptographic library at start.</summary>
    public static unsafe string RandomHex(int bytes)
    {
        Span<byte> buffer = stackalloc byte[bytes];
        fixed (byte* start = buffer)
        {
            _ = GetRandom(start, bytes, 0);
        }

        return Convert.ToHexStringLower(buffer);
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    /// <summary>Ends the process at once, as a daemon does that has lost its parent: nothing is cleaned up.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void ExitNow(int code);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetSignal(int signal, nint disposition);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int FileControl(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static unsafe partial nint Read(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint Write(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "getrandom")]
    private static unsafe partial nint GetRandom(byte* buffer, nint count, uint flags);
}
