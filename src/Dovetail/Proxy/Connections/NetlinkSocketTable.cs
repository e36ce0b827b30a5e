using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Asks the kernel for one TCP socket by its two ends (sock_diag(7), <c>linux/inet_diag.h</c>): an exact look-up that
/// costs some microseconds however many sockets there are.
/// </summary>
internal sealed partial class NetlinkSocketTable : IDisposable
{
    private const int AfNetlink = 16;
    private const int SockRawCloseOnExec = 3 | 0x80000;
    private const int NetlinkSockDiag = 4;
    private const int SockDiagByFamily = 20;
    private const int SolSocket = 1;
    private const int SoReceiveTimeout = 20;
    private const int HeaderLength = 16;
    private const int RequestLength = HeaderLength + 56;
    private const int InodeOffset = HeaderLength + 4 + 48 + 16;

    private readonly Lock _lock = new();
    private SafeFileHandle? _socket;
    private uint _sequence;
    private bool _disposed;

    /// <returns>Null when the kernel does not answer: no such socket, or netlink is not permitted here.</returns>
    public uint? FindInode(IPEndPoint local, IPEndPoint remote)
    {
        if (local.Address.IsIPv4MappedToIPv6 || local.AddressFamily != System.Net.Sockets.AddressFamily.InterNetwork)
        {
            return null;
        }

        lock (_lock)
        {
            if (_disposed)
            {
                return null;
            }

            _socket ??= Open();
            if (_socket is null || Ask(_socket, local, remote) is not { } inode)
            {
                // A late answer to this question must not be taken for the answer to the next.
                _socket?.Dispose();
                _socket = null;
                return null;
            }

            return inode;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _socket?.Dispose();
        }
    }

    private static SafeFileHandle? Open()
    {
        var descriptor = Socket(AfNetlink, SockRawCloseOnExec, NetlinkSockDiag);
        if (descriptor < 0)
        {
            return null;
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        Span<long> oneSecond = [1, 0];
        return SetSocketOption(handle, SolSocket, SoReceiveTimeout, oneSecond, 16) == 0 ? handle : null;
    }

    private uint? Ask(SafeFileHandle socket, IPEndPoint local, IPEndPoint remote)
    {
        Span<byte> message = stackalloc byte[RequestLength];
        message.Clear();
        var sequence = ++_sequence;
        MemoryMarshal.Write(message, RequestLength);
        MemoryMarshal.Write(message[4..], (ushort)SockDiagByFamily);
        MemoryMarshal.Write(message[6..], (ushort)1); // NLM_F_REQUEST, without NLM_F_DUMP: one socket
        MemoryMarshal.Write(message[8..], sequence);

        var request = message[HeaderLength..];
        request[0] = 2; // AF_INET
        request[1] = 6; // IPPROTO_TCP
        request[4..8].Fill(0xff); // any state
        var id = request[8..];
        BinaryPrimitives.WriteUInt16BigEndian(id, (ushort)local.Port);
        BinaryPrimitives.WriteUInt16BigEndian(id[2..], (ushort)remote.Port);
        local.Address.TryWriteBytes(id[4..], out _);
        remote.Address.TryWriteBytes(id[20..], out _);
        id[40..48].Fill(0xff); // INET_DIAG_NOCOOKIE

        if (Send(socket, message, message.Length, 0) != message.Length)
        {
            return null;
        }

        Span<byte> answer = stackalloc byte[1024];
        var received = (int)Receive(socket, answer, answer.Length, 0);
        return received >= InodeOffset + 4
            && MemoryMarshal.Read<ushort>(answer[4..]) == SockDiagByFamily
            && MemoryMarshal.Read<uint>(answer[8..]) == sequence
                ? MemoryMarshal.Read<uint>(answer[InodeOffset..])
                : null;
    }

    [LibraryImport("libc", EntryPoint = "socket")]
    private static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    private static partial int SetSocketOption(SafeFileHandle socket, int level, int name, ReadOnlySpan<long> value, uint length);

    [LibraryImport("libc", EntryPoint = "send")]
    private static partial nint Send(SafeFileHandle socket, ReadOnlySpan<byte> message, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv")]
    private static partial nint Receive(SafeFileHandle socket, Span<byte> buffer, nint length, int flags);
}
