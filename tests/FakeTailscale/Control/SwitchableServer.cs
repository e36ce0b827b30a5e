using System.Net;
using System.Net.Sockets;
using FakeTailscale.Http;

namespace FakeTailscale.Control;

/// <summary>
/// A server that can go away and come back on its port. A second socket, bound and not listening, keeps the port meanwhile: connections are
/// refused, and nobody else gets it.
/// </summary>
internal sealed class SwitchableServer : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Func<HttpExchange, Task> _handle;
    private readonly Socket _reservation;
    private HttpServer? _server;

    public SwitchableServer(IPEndPoint address, Func<HttpExchange, Task> handle)
    {
        _handle = handle;
        _reservation = Bind(address);
        Address = (IPEndPoint)_reservation.LocalEndPoint!;
    }

    public IPEndPoint Address { get; }

    /// <summary>Listens, or resets every connection and refuses new ones.</summary>
    public void Set(bool reachable)
    {
        lock (_lock)
        {
            if (reachable && _server is null)
            {
                Socket listener = Bind(Address);
                listener.Listen(512);
                _server = new HttpServer(listener, _handle);
                _server.Start();
            }
            else if (!reachable && _server is { } server)
            {
                _server = null;
                server.StopListening();
                server.ResetConnections();
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        Set(reachable: false);
        _reservation.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Socket Bind(IPEndPoint address)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(address);
        return socket;
    }
}
