using System.Net;
using System.Net.Sockets;
using Dovetail.Common;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Opens the ports of all nodes. Kestrel's own transport would give each port queues and buffers of its own, and leaves the size of the
/// kernel's buffers to the kernel.
/// </summary>
internal sealed class LoopbackTransport(ILoggerFactory loggers) : IConnectionListenerFactory, IDisposable
{
    private const int Backlog = 512;

    private readonly SocketConnectionContextFactory _connections =
        new(new SocketConnectionFactoryOptions(), loggers.CreateLogger<LoopbackTransport>());

    /// <exception cref="SocketException">It cannot listen there; see <see cref="BindFailure"/>.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Accepted connections inherit it.
            SocketBuffers.BoundListening(socket);
            socket.Bind(endpoint);
            socket.Listen(Backlog);
            return ValueTask.FromResult<IConnectionListener>(new Listener(socket, _connections));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose() => _connections.Dispose();

    private sealed class Listener(Socket socket, SocketConnectionContextFactory connections) : IConnectionListener
    {
        private volatile bool _closed;

        public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (true)
            {
                try
                {
                    var accepted = await socket.AcceptAsync(cancellationToken);
                    accepted.NoDelay = true;
                    return connections.Create(accepted);
                }
                catch (Exception closed) when (_closed && closed is SocketException or ObjectDisposedException)
                {
                    return null;
                }
                catch (SocketException gone) when (gone.SocketErrorCode == SocketError.ConnectionReset)
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
