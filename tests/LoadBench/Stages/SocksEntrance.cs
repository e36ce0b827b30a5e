using System.Net;
using System.Net.Sockets;

namespace LoadBench.Stages;

/// <summary>
/// A way to a node for load generators where only the tailnet leads there: what connects to it goes on through a device's SOCKS5 server.
/// Disposing closes it.
/// </summary>
internal sealed class SocksEntrance : IAsyncDisposable
{
    private const int BufferSize = 64 * 1024;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly TailnetPeer _peer;
    private readonly string _node;
    private readonly Task _loop;

    public SocksEntrance(TailnetPeer peer, string node, IPAddress address)
    {
        (_peer, _node) = (peer, node);
        _listener.Bind(new IPEndPoint(address, 0));
        _listener.Listen(1024);
        _loop = AcceptAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _loop;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var client = await _listener.AcceptAsync();
                client.NoDelay = true;
                _ = JoinAsync(client);
            }
            catch (Exception closed) when (closed is ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task JoinAsync(Socket client)
    {
        await using var near = new NetworkStream(client, ownsSocket: true);
        try
        {
            await using var far = await _peer.ConnectAsync(_peer.NameOf(_node), 443, CancellationToken.None);
            // As for a served port: the end of either direction ends both.
            await Task.WhenAny(near.CopyToAsync(far, BufferSize), far.CopyToAsync(near, BufferSize));
        }
        catch (IOException)
        {
            // The client sees its connection end.
        }
    }
}
