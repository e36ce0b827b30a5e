using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// The same answer as <see cref="NetlinkSocketTable"/> from <c>/proc/net/tcp</c>, where netlink is not permitted; slower, for it lists
/// every socket.
/// </summary>
internal static class ProcSocketTable
{
    /// <returns>Null when there is no such socket.</returns>
    public static uint? FindInode(IPEndPoint local, IPEndPoint remote)
    {
        try
        {
            return FindInode(File.ReadLines("/proc/net/tcp"), local, remote);
        }
        catch (IOException)
        {
            return null;
        }
    }

    internal static uint? FindInode(IEnumerable<string> lines, IPEndPoint local, IPEndPoint remote)
    {
        // "  sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt   uid  timeout inode": proc_pid_net(5)
        var ends = $" {Hex(local)} {Hex(remote)} ";
        foreach (var line in lines)
        {
            if (line.Contains(ends, StringComparison.Ordinal)
                && line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 9 } fields
                && uint.TryParse(fields[9], NumberStyles.None, CultureInfo.InvariantCulture, out var inode))
            {
                return inode;
            }
        }

        return null;
    }

    // The address is printed as an integer of the machine's byte order, the port as a plain number.
    private static string Hex(IPEndPoint end)
    {
        Span<byte> bytes = stackalloc byte[16];
        end.Address.TryWriteBytes(bytes, out _);
        var address = BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadUInt32LittleEndian(bytes)
            : BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return string.Create(CultureInfo.InvariantCulture, $"{address:X8}:{end.Port:X4}");
    }
}
