using System.Net;
using System.Net.Sockets;
using Dovetail.Common;
using Microsoft.AspNetCore.Connections;

namespace Dovetail.Proxy.Transport;

/// <summary>
/// Opens the ports of all nodes. Kestrel's own transport changes threads and copies on the way of every byte, and leaves the size of the
/// kernel's buffers to the kernel.
/// </summary>
internal sealed class LoopbackTransport(TimeProvider time) : IConnectionListenerFactory
{
    private const int Backlog = 512;

    private readonly Traffic _traffic = new(time);

    /// <exception cref="SocketException">It cannot listen there; see <c>BindFailure</c>.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Accepted connections inherit both.
            SocketBuffers.BoundListening(socket);
            TcpConnection.SendUnpaced(socket);
            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return ValueTask.FromResult<IConnectionListener>(new Listener(socket, _traffic));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class Listener(Socket socket, Traffic traffic) : IConnectionListener
    {
        private volatile bool _closed;

        public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                try
                {
                    return SocketConnection.Start(await socket.AcceptAsync(cancellationToken), traffic);
                }
                catch (Exception closed) when (_closed && closed is SocketException or ObjectDisposedException)
                {
                    return null;
                }
                catch (SocketException gone) when (gone.SocketErrorCode is SocketError.ConnectionReset or SocketError.NotConnected)
                {
                    // The client gave up before it was accepted.
                }
            }
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _closed = true;
            socket.Dispose();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => UnbindAsync();
    }
}
