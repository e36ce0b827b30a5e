using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Dovetail.Processes;

/// <summary>
/// A pipe whose write end only this process holds. Children inherit the read end and end themselves when it reports the
/// end of file, that is when this process is gone, however it went.
/// </summary>
/// <remarks>
/// <c>PR_SET_PDEATHSIG</c> will not do: it fires when the thread that started the child ends, and the thread pool ends
/// threads. One pipe serves every child, so that no descriptor is spent per child and none is passed to a sibling by chance.
/// </remarks>
internal sealed partial class ParentDeathPipe : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const int SetDescriptorFlags = 2;

    private readonly int _readEnd;
    private readonly int _writeEnd;
    private int _disposed;

    /// <exception cref="Win32Exception">The pipe could not be made (no descriptors left).</exception>
    public unsafe ParentDeathPipe()
    {
        var ends = stackalloc int[2];
        Check(MakePipe(ends, CloseOnExec));
        (_readEnd, _writeEnd) = (ends[0], ends[1]);
        // The read end, and only it, outlives exec.
        Check(SetDescriptor(_readEnd, SetDescriptorFlags, 0));
    }

    /// <summary>Number of the inherited descriptor, for <c>TS_PARENT_DEATH_FD</c>.</summary>
    public string Descriptor => _readEnd.ToString(CultureInfo.InvariantCulture);

    /// <summary>Lets go of both ends: from here on every child that watches the pipe ends.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _ = CloseDescriptor(_writeEnd);
            _ = CloseDescriptor(_readEnd);
        }
    }

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    private static unsafe partial int MakePipe(int* ends, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int SetDescriptor(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);
}
