using System.Net;
using System.Net.Sockets;

namespace FakeTailscale.Tests;

/// <summary>A TCP server of a test.</summary>
internal sealed class TcpServer : IDisposable
{
    private readonly TcpListener _listener;

    public TcpServer(string address, int port = 0)
    {
        _listener = new TcpListener(IPAddress.Parse(address), port);
        _listener.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Task<Socket> AcceptAsync(CancellationToken cancellation) => _listener.AcceptSocketAsync(cancellation).AsTask();

    public void Dispose() => _listener.Dispose();
}
