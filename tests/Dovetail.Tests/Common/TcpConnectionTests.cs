using System.Net;
using System.Net.Sockets;
using System.Text;
using Dovetail.Common;

namespace Dovetail.Tests.Common;

public sealed class TcpConnectionTests
{
    private const int Tcp = 6;
    private const int Congestion = 13;
    private const int UserTimeout = 18;

    [Fact]
    public async Task Accepted_connections_send_without_pacing_whatever_the_machine_does()
    {
        using var listener = Listening();
        TcpConnection.SendUnpaced(listener);

        var (accepted, client) = await ConnectAsync(listener);
        using (accepted)
        using (client)
        {
            Assert.Contains(NameOf(accepted), (string[])["cubic", "reno"]);
            Assert.Equal(0, TcpConnection.Retransmits(accepted));
        }
    }

    [Fact]
    public async Task What_is_told_of_a_socket_is_what_the_kernel_has()
    {
        using var listener = Listening();
        var (accepted, client) = await ConnectAsync(listener);
        using (accepted)
        using (client)
        {
            TcpConnection.KeepAlive(accepted, idle: 7, interval: 2);
            TcpConnection.EndStalledAfter(accepted, TimeSpan.FromSeconds(9));

            Assert.Equal(7, accepted.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime));
            Assert.Equal(2, accepted.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval));
            Assert.NotEqual(0, (int)accepted.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!);
            var milliseconds = new byte[4];
            accepted.GetRawSocketOption(Tcp, UserTimeout, milliseconds);
            Assert.Equal(9000, BitConverter.ToInt32(milliseconds));
        }
    }

    [Fact]
    public void A_closed_socket_is_no_matter()
    {
        var socket = Listening();
        socket.Dispose();

        TcpConnection.SendUnpaced(socket);
        TcpConnection.KeepAlive(socket, idle: 1, interval: 1);
        TcpConnection.EndStalledAfter(socket, TimeSpan.Zero);
        Assert.Equal(0, TcpConnection.Retransmits(socket));
    }

    private static Socket Listening()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse("127.99.0.1"), 0));
        socket.Listen();
        return socket;
    }

    private static async Task<(Socket Accepted, Socket Client)> ConnectAsync(Socket listener)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        return (await listener.AcceptAsync(TestContext.Current.CancellationToken), client);
    }

    private static string NameOf(Socket socket)
    {
        var name = new byte[16];
        var length = socket.GetRawSocketOption(Tcp, Congestion, name);
        return Encoding.ASCII.GetString(name, 0, length).TrimEnd('\0');
    }
}
