using System.Net;
using System.Net.Sockets;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>A port each of whose connections goes on as another stream. The end of one direction leaves the other alone.</summary>
internal sealed class StreamRelay : IAsyncDisposable
{
    private readonly TcpListener _listener;

    /// <param name="address">Any free port of it.</param>
    /// <param name="connect">Opens the stream that a connection goes on as.</param>
    public StreamRelay(IPAddress address, Func<Task<Stream>> connect)
    {
        _listener = new TcpListener(address, 0);
        _listener.Start(512);
        EndPoint = (IPEndPoint)_listener.LocalEndpoint;
        _ = AcceptAsync(connect);
    }

    public IPEndPoint EndPoint { get; }

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync(Func<Task<Stream>> connect)
    {
        try
        {
            while (true)
            {
                _ = PassAsync(await _listener.AcceptSocketAsync(), connect);
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private static async Task PassAsync(Socket accepted, Func<Task<Stream>> connect)
    {
        await using var near = new NetworkStream(accepted, ownsSocket: true);
        try
        {
            await using var far = await connect();
            await Task.WhenAll(CopyAsync(near, far), CopyAsync(far, near));
        }
        catch (Exception broken) when (broken is IOException or SocketException or ObjectDisposedException)
        {
            // One of the two ends broke it off.
        }
    }

    private static async Task CopyAsync(Stream from, Stream to)
    {
        await from.CopyToAsync(to);
        if (to is NetworkStream ended)
        {
            ended.Socket.Shutdown(SocketShutdown.Send);
        }
    }
}
