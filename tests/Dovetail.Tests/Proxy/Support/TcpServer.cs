using System.Net;
using System.Net.Sockets;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>A server in a container that speaks something else than HTTP.</summary>
internal sealed class TcpServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Parse("127.99.0.4"), 0);

    public TcpServer(Func<NetworkStream, Task> serve)
    {
        _listener.Start();
        EndPoint = (IPEndPoint)_listener.LocalEndpoint;
        _ = AcceptAsync(serve);
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>The service of which it is the only container.</summary>
    public ServiceSpec Service => new()
    {
        Name = "web",
        Upstreams =
        [
            new Upstream
            {
                ContainerId = "0123456789abcdef",
                ContainerName = "app",
                Scheme = UpstreamScheme.Http,
                Host = EndPoint.Address.ToString(),
                Port = EndPoint.Port,
                Route = "test",
            },
        ],
    };

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync(Func<NetworkStream, Task> serve)
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync();
                _ = ServeAsync(new NetworkStream(socket, ownsSocket: true), serve);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private static async Task ServeAsync(NetworkStream stream, Func<NetworkStream, Task> serve)
    {
        await using (stream)
        {
            try
            {
                await serve(stream);
            }
            catch (IOException)
            {
                // The other side ended.
            }
        }
    }
}
