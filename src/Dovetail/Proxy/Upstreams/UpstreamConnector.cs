using System.Net;
using System.Net.Sockets;
using Dovetail.Common;
using Dovetail.Proxy.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>Opens TCP connections to upstreams.</summary>
internal static class UpstreamConnector
{
    /// <exception cref="UpstreamConnectException">It could not be connected to.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public static async Task<Socket> ConnectAsync(
        UpstreamAddress address, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var ip = IPAddress.TryParse(address.Host, out var parsed) ? parsed : null;
        var socket = ip is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            SocketBuffers.BoundConnecting(socket, ip);

            // A container that vanishes with its network sends no FIN; without this a silent response would wait for ever.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);

            EndPoint endPoint = ip is null ? new DnsEndPoint(address.Host, address.Port) : new IPEndPoint(ip, address.Port);
            await socket.ConnectAsync(endPoint, linked.Token);
            return socket;
        }
        catch (OperationCanceledException e)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new UpstreamConnectException(ConnectFailure.TimedOut, e);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new UpstreamConnectException(
                e.SocketErrorCode switch
                {
                    SocketError.ConnectionRefused or SocketError.ConnectionReset => ConnectFailure.Refused,
                    SocketError.TimedOut => ConnectFailure.TimedOut,
                    _ => ConnectFailure.Unreachable,
                },
                e);
        }
    }
}
