using System.Net;
using System.Net.Sockets;
using Dovetail.Docker;

namespace Dovetail.Tests.Docker;

public sealed class DockerConnectorTests
{
    [Fact]
    public async Task A_tcp_connection_whose_other_end_is_gone_is_found_out_by_the_kernel()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var connector = new DockerConnector(
            new DockerEndpoint { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port }, TimeProvider.System);

        await using var stream = (NetworkStream)await connector.ConnectAsync(TestContext.Current.CancellationToken);

        Assert.NotEqual(0, stream.Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
        Assert.Equal(30, stream.Socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
        Assert.Equal(10, stream.Socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval));
    }
}
