using System.Net;
using System.Net.Sockets;
using Dovetail.Common;
using Dovetail.Proxy.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>Opens TCP connections to upstreams.</summary>
internal static class UpstreamConnector
{
    /// <summary>Connects to the upstream's address; when that refuses, to its second one.</summary>
    /// <param name="timeout">For both together.</param>
    /// <exception cref="UpstreamConnectException">It could not be connected to.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public static async Task<Socket> ConnectAsync(
        UpstreamAddress address, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            return await ConnectAsync(address.Host, address.Port, linked.Token, cancellationToken);
        }
        catch (UpstreamConnectException e) when (address.SecondHost is not null && e.Failure != ConnectFailure.TimedOut)
        {
            // Many a server listens on [::] with IPV6_V6ONLY, or on the IPv6 address alone.
            return await ConnectAsync(address.SecondHost, address.Port, linked.Token, cancellationToken);
        }
    }

    private static async Task<Socket> ConnectAsync(string host, int port, CancellationToken linked, CancellationToken cancellationToken)
    {
        var ip = IPAddress.TryParse(host, out var parsed) ? parsed : null;
        var socket = ip is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            SocketBuffers.BoundConnecting(socket, ip);
            if (ip is not null)
            {
                // As a rule a container of this machine; what has a name may be anywhere.
                TcpConnection.SendUnpaced(socket);
            }

            // A container that vanishes with its network sends no FIN; without this a silent response would wait for ever.
            UpstreamSockets.AskNowAndThen(socket);

            EndPoint endPoint = ip is null ? new DnsEndPoint(host, port) : new IPEndPoint(ip, port);
            await socket.ConnectAsync(endPoint, linked);
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
