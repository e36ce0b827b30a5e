using System.Net;
using System.Net.Sockets;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// A port in front of another one that a test can cut: connections are reset, and new ones refused, until it is mended. So a server is away
/// for whoever goes through it, whatever program it is.
/// </summary>
internal sealed class CuttableRelay : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly IPEndPoint _target;
    private readonly HashSet<Socket> _open = [];
    // Keeps the port while nothing listens on it.
    private readonly Socket _reservation;
    private Socket? _listener;

    public CuttableRelay(IPEndPoint target)
    {
        _target = target;
        _reservation = Bind(new IPEndPoint(target.Address, 0));
        Address = (IPEndPoint)_reservation.LocalEndPoint!;
        Mend();
    }

    public IPEndPoint Address { get; }

    public void Cut()
    {
        lock (_lock)
        {
            _listener?.Dispose();
            _listener = null;
            foreach (var socket in _open)
            {
                // Closing resets the connection then.
                socket.LingerState = new LingerOption(true, 0);
                socket.Dispose();
            }

            _open.Clear();
        }
    }

    public void Mend()
    {
        lock (_lock)
        {
            if (_listener is null)
            {
                _listener = Bind(Address);
                _listener.Listen(512);
                _ = AcceptAsync(_listener);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        Cut();
        _reservation.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Socket Bind(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(address);
        return socket;
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                _ = PassAsync(await listener.AcceptAsync());
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // Cut.
        }
    }

    private async Task PassAsync(Socket near)
    {
        var far = new Socket(_target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        lock (_lock)
        {
            if (_listener is null)
            {
                near.Dispose();
                far.Dispose();
                return;
            }

            _open.UnionWith([near, far]);
        }

        try
        {
            await far.ConnectAsync(_target);
            await Task.WhenAll(CopyAsync(near, far), CopyAsync(far, near));
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            // Cut, or one of the two ends broke it off.
        }
        finally
        {
            lock (_lock)
            {
                _open.ExceptWith([near, far]);
            }

            near.Dispose();
            far.Dispose();
        }
    }

    private static async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[16384];
        while (await from.ReceiveAsync(buffer) is > 0 and var count)
        {
            for (var sent = 0; sent < count;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
