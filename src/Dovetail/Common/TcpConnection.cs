using System.Net.Sockets;

namespace Dovetail.Common;

/// <summary>What the kernel knows of a TCP connection, and does about it (tcp(7)). Of a socket that is closed, nothing.</summary>
internal static class TcpConnection
{
    // IPPROTO_TCP, TCP_INFO, TCP_CONGESTION, TCP_USER_TIMEOUT.
    private const int Tcp = 6;
    private const int Info = 11;
    private const int Congestion = 13;
    private const int UserTimeout = 18;

    // Of struct tcp_info (linux/tcp.h): state, then two bytes on, how often what was sent last has been sent again.
    private const int Established = 1;
    private const int RetransmitsAt = 2;
    private const int LengthWanted = 8;

    /// <summary>
    /// Sends by a congestion control that does not pace. Many set BBR for all of a machine, for far links; between two processes of one
    /// machine its timers cost a third of the rate and of the processor time of a download (measured). Accepted connections inherit it.
    /// </summary>
    public static void SendUnpaced(Socket socket)
    {
        // reno is allowed to everybody; cubic need not be, or be there.
        if (!Try(() => Set("cubic"u8)))
        {
            _ = Try(() => Set("reno"u8));
        }

        bool Set(ReadOnlySpan<byte> name)
        {
            socket.SetRawSocketOption(Tcp, Congestion, name);
            return true;
        }
    }

    /// <summary>
    /// Has the other end asked whether it is still there when nothing has been heard of it: the kernel ends the connection when three
    /// questions in a row have no answer. An end that is there never notices.
    /// </summary>
    /// <param name="idle">Seconds of silence before the first question.</param>
    /// <param name="interval">Seconds from one to the next.</param>
    public static void KeepAlive(Socket socket, int idle, int interval) => Try(
        () =>
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, interval);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, idle);
            return true;
        });

    /// <summary>How often what was sent last has been sent again without an answer; 0: it has been acknowledged.</summary>
    public static int Retransmits(Socket socket) => Try(
        () =>
        {
            Span<byte> info = stackalloc byte[LengthWanted];
            return socket.GetRawSocketOption(Tcp, Info, info) == LengthWanted && info[0] == Established ? info[RetransmitsAt] : 0;
        });

    /// <summary>
    /// Ends the connection when the other end has taken nothing of what there is to send for so long. What matters is that bytes move, not
    /// how fast, and an idle connection has none that could.
    /// </summary>
    /// <param name="after">At most 24 days; zero: never.</param>
    public static void EndStalledAfter(Socket socket, TimeSpan after) => Try(
        () =>
        {
            Span<byte> milliseconds = stackalloc byte[sizeof(int)];
            BitConverter.TryWriteBytes(milliseconds, (int)after.TotalMilliseconds);
            socket.SetRawSocketOption(Tcp, UserTimeout, milliseconds);
            return true;
        });

    private static T? Try<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return default;
        }
    }
}
