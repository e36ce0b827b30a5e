using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Ends a connection on which a client has taken nothing of an answer for a long time. The kernel watches (TCP_USER_TIMEOUT): what matters is
/// that bytes move, not how fast, and an idle connection has none that could.
/// </summary>
internal static class StalledClient
{
    // tcp(7): IPPROTO_TCP, TCP_USER_TIMEOUT, an int of milliseconds.
    private const int Tcp = 6;
    private const int UserTimeout = 18;

    /// <param name="after">At most 24 days.</param>
    public static void EndAfter(ConnectionContext connection, TimeSpan after)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
        {
            return;
        }

        Span<byte> value = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(value, (int)after.TotalMilliseconds);
        try
        {
            socket.SetRawSocketOption(Tcp, UserTimeout, value);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }
    }
}
