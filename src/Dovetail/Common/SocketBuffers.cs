using System.Net;
using System.Net.Sockets;

namespace Dovetail.Common;

/// <summary>
/// Bounds what the kernel keeps of a connection whose reader pauses. By itself it lets a buffer grow to several megabytes, and some hundred
/// paused downloads would take the TCP memory of the whole machine.
/// </summary>
/// <remarks>
/// Linux doubles what is asked for, for its own book-keeping. On the loopback interface a segment has up to 64 KB, and a buffer that does
/// not hold several of them makes a connection crawl (measured: 9 MB/s with 32 KB); on a network of containers 64 KB are enough.
/// </remarks>
internal static class SocketBuffers
{
    private const int Small = 64 * 1024;
    private const int Large = 256 * 1024;

    /// <summary>For connections from tailscaled. Accepted connections inherit it from the socket that listens.</summary>
    public static void BoundListening(Socket socket)
    {
        socket.SendBufferSize = Small;
        socket.ReceiveBufferSize = Large;
    }

    /// <summary>For a connection to a container, before it is opened.</summary>
    /// <param name="address">Null: not known yet.</param>
    public static void BoundConnecting(Socket socket, IPAddress? address)
    {
        socket.SendBufferSize = Large;
        socket.ReceiveBufferSize = address is null || IPAddress.IsLoopback(address) ? Large : Small;
    }
}
