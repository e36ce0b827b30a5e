using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Dovetail.Proxy.Connections;

namespace Dovetail.Benchmarks;

/// <summary>Asking the kernel whose the other end of a connection is: once for each connection.</summary>
public class OwnerCheck
{
    private readonly List<Socket> _sockets = [];
    private readonly SocketOwner _owner = new();
    private IPEndPoint _client = null!;
    private IPEndPoint _listener = null!;

    /// <summary>How many connections the process that should own it has; this process stands for it.</summary>
    [Params(10, 1000)]
    public int Connections { get; set; }

    [GlobalSetup]
    public void Connect()
    {
        var listener = Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(IPAddress.Parse("127.83.255.254"), 0));
        listener.Listen(Connections);
        for (var number = 0; number < Connections; number++)
        {
            var client = Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            client.Connect(listener.LocalEndPoint!);
            Add(listener.Accept());
            _client = (IPEndPoint)client.LocalEndPoint!;
        }

        _listener = (IPEndPoint)listener.LocalEndPoint!;
    }

    [Benchmark]
    public bool IsOwnedBy() => _owner.IsOwnedBy(_client, _listener, Environment.ProcessId);

    [GlobalCleanup]
    public void Close()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _owner.Dispose();
    }

    private Socket Add(Socket socket)
    {
        _sockets.Add(socket);
        return socket;
    }
}
