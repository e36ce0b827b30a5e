using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Looks for a socket among the descriptors of a process. Listing <c>/proc/PID/fd</c> costs microseconds per descriptor,
/// so a new connection is looked for first where the last one was: the kernel gives out the lowest free number, which is
/// that of a connection just closed, or the next one.
/// </summary>
internal sealed partial class ProcessDescriptors
{
    private const int OpenPath = 0x200000;
    private const int OpenCloseOnExec = 0x80000;
    private const int Behind = 4;
    private const int Ahead = 12;

    // A guess is only a place to begin, so processes may share one.
    private readonly int[] _guesses = new int[256];

    public bool HasSocket(int processId, uint inode)
    {
        Span<byte> link = stackalloc byte[32];
        Utf8.TryWrite(link, CultureInfo.InvariantCulture, $"socket:[{inode}]", out var length);
        link = link[..length];

        using var directory = Open(Path(processId, "fd"), OpenPath | OpenCloseOnExec);
        if (directory.IsInvalid)
        {
            // The process has ended, or is not ours to look at: then it is not our tailscaled either.
            return false;
        }

        ref var guess = ref _guesses[processId & 0xff];
        var from = Math.Max(0, Volatile.Read(ref guess) - Behind);
        var found = Find(directory, link, from, from + Behind + Ahead);
        if (found < 0)
        {
            found = Find(directory, link, 0, TableSize(processId));
        }

        if (found < 0)
        {
            return false;
        }

        Volatile.Write(ref guess, found);
        return true;
    }

    private static int Find(SafeFileHandle directory, ReadOnlySpan<byte> link, int from, int to)
    {
        Span<byte> name = stackalloc byte[16];
        Span<byte> target = stackalloc byte[64];
        for (var descriptor = to - 1; descriptor >= from; descriptor--)
        {
            Utf8.TryWrite(name, CultureInfo.InvariantCulture, $"{descriptor}\0", out _);
            var read = (int)ReadLinkAt(directory, in name[0], ref target[0], target.Length);
            if (read > 0 && target[..read].SequenceEqual(link))
            {
                return descriptor;
            }
        }

        return -1;
    }

    private static string Path(int processId, string file) => string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/{file}");

    // How many descriptors the process has room for now; none when it has just ended.
    private static int TableSize(int processId)
    {
        try
        {
            var line = File.ReadLines(Path(processId, "status"))
                .FirstOrDefault(line => line.StartsWith("FDSize:", StringComparison.Ordinal));
            return line is not null && int.TryParse(line["FDSize:".Length..], CultureInfo.InvariantCulture, out var size) ? size : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "readlinkat")]
    private static partial nint ReadLinkAt(SafeFileHandle directory, ref readonly byte name, ref byte buffer, nint size);
}
