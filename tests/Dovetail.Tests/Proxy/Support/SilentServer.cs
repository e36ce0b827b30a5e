using System.Net;
using System.Net.Sockets;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>A listening socket whose queue is full: it answers no SYN, as an address that no container has any more.</summary>
internal sealed class SilentServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _queued = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public SilentServer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Parse("127.99.0.3"), 0));
        _listener.Listen(0);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _queued.Connect(EndPoint);
    }

    public IPEndPoint EndPoint { get; }

    public Upstream Upstream => new()
    {
        ContainerId = "silent",
        ContainerName = "silent",
        Scheme = UpstreamScheme.Http,
        Host = EndPoint.Address.ToString(),
        Port = EndPoint.Port,
        Route = "test",
    };

    public void Dispose()
    {
        _queued.Dispose();
        _listener.Dispose();
    }
}
