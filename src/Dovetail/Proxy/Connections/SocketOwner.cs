using System.Globalization;
using System.IO.Enumeration;
using System.Net;
using System.Runtime.InteropServices;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Tells whether the socket at the other end of a loopback connection belongs to a given process. The kernel names the
/// socket's inode (<see cref="NetlinkSocketTable"/>), and the process shows its sockets as <c>socket:[inode]</c> in
/// <c>/proc/PID/fd</c>. Linux only; about 20 to 200 µs.
/// </summary>
internal sealed partial class SocketOwner : IDisposable
{
    private readonly NetlinkSocketTable _netlink = new();

    /// <param name="client">The connecting end.</param>
    /// <param name="listener">The accepted end.</param>
    /// <param name="processId">The process that should own the connecting end.</param>
    public bool IsOwnedBy(IPEndPoint client, IPEndPoint listener, int processId)
    {
        var inode = _netlink.FindInode(client, listener) ?? ProcSocketTable.FindInode(client, listener);

        // Zero is a socket that no process holds any more.
        return inode is > 0 and { } found && HoldsSocket(processId, found);
    }

    public void Dispose() => _netlink.Dispose();

    private static bool HoldsSocket(int processId, uint inode)
    {
        var directory = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/fd");
        int[] descriptors;
        try
        {
            descriptors = [.. new FileSystemEnumerable<int>(directory, static (ref entry) => int.Parse(entry.FileName, CultureInfo.InvariantCulture))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has just ended, or is not ours to look at: then it is not our tailscaled either.
            return false;
        }

        Span<byte> wanted = stackalloc byte[32];
        System.Text.Encoding.ASCII.TryGetBytes(string.Create(CultureInfo.InvariantCulture, $"socket:[{inode}]"), wanted, out var length);
        wanted = wanted[..length];
        Span<byte> target = stackalloc byte[64];

        // A connection that has just been made tends to have one of the highest numbers.
        for (var i = descriptors.Length - 1; i >= 0; i--)
        {
            var read = ReadLink(string.Create(CultureInfo.InvariantCulture, $"{directory}/{descriptors[i]}"), target, target.Length);
            if (read > 0 && target[..(int)read].SequenceEqual(wanted))
            {
                return true;
            }
        }

        return false;
    }

    [LibraryImport("libc", EntryPoint = "readlink", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint ReadLink(string path, Span<byte> buffer, nint size);
}
