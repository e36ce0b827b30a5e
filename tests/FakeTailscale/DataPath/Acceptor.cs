using System.Net;
using System.Net.Sockets;

namespace FakeTailscale.DataPath;

/// <summary>Listens on an address and hands over every connection, each served on its own, until it is disposed.</summary>
internal sealed class Acceptor : IDisposable
{
    private readonly Socket _listener;

    /// <exception cref="SocketException">The address cannot be listened on.</exception>
    public Acceptor(IPEndPoint address)
    {
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(address);
        _listener.Listen(1024);
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <param name="serve">Owns the connection; throws nothing.</param>
    public void Start(Func<Socket, Task> serve) => _ = Task.Run(() => AcceptAsync(serve));

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync(Func<Socket, Task> serve)
    {
        while (true)
        {
            try
            {
                Socket client = await _listener.AcceptAsync();
                client.NoDelay = true;
                _ = serve(client);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException failure) when (failure.SocketErrorCode is SocketError.OperationAborted or SocketError.Interrupted)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(10);
            }
        }
    }
}
