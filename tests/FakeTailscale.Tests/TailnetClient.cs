using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FakeTailscale.Tests;

/// <summary>Connections into the tailnet, through the SOCKS5 server of a peer's daemon.</summary>
internal sealed class TailnetClient(int socksPort)
{
    /// <summary>A free port of 127.0.0.1, below the range out of which the kernel gives ports to those who do not care.</summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = Random.Shared.Next(10_000, 32_000);
            using TcpListener listener = new(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }

    /// <summary>The connection, or null when the peer's daemon cannot make it.</summary>
    public async Task<Socket?> ConnectAsync(string host, int port, CancellationToken cancellation)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, socksPort, cancellation);
        await socket.SendAsync((byte[])[5, 1, 0], cancellation);
        await ReadAsync(socket, 2, cancellation);
        byte[] target = IPAddress.TryParse(host, out IPAddress? address)
            ? [address.AddressFamily == AddressFamily.InterNetwork ? (byte)1 : (byte)4, .. address.GetAddressBytes()]
            : [3, (byte)host.Length, .. Encoding.ASCII.GetBytes(host)];
        await socket.SendAsync((byte[])[5, 1, 0, .. target, (byte)(port >> 8), (byte)port], cancellation);
        byte[] reply = await ReadAsync(socket, 4, cancellation);
        await ReadAsync(socket, (reply[3] == 4 ? 16 : 4) + 2, cancellation);
        if (reply[1] == 0)
        {
            return socket;
        }

        Assert.True(
            reply[1] == 1,
            string.Create(CultureInfo.InvariantCulture, $"SOCKS reply {reply[1]}; tailscaled knows only the general failure"));
        socket.Dispose();
        return null;
    }

    public static async Task<byte[]> ReadAsync(Socket socket, int count, CancellationToken cancellation)
    {
        byte[] bytes = new byte[count];
        int have = 0;
        while (have < count)
        {
            int read = await socket.ReceiveAsync(bytes.AsMemory(have), cancellation);
            Assert.True(read > 0, $"the stream ended after {have} of {count} bytes");
            have += read;
        }

        return bytes;
    }

    /// <summary>Everything up to the end of the stream; a reset counts as an end.</summary>
    public static async Task<byte[]> ReadToEndAsync(Socket socket, CancellationToken cancellation)
    {
        MemoryStream all = new();
        byte[] buffer = new byte[65536];
        while (await socket.ReceiveAsync(buffer.AsMemory(), cancellation) is var read && read > 0)
        {
            all.Write(buffer, 0, read);
        }

        return all.ToArray();
    }
}
