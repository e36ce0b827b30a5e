using System.Net.Sockets;
using System.Text;
using FakeTailscale.Control;

namespace FakeTailscale.Tests;

/// <summary>What passes through a node, and what does not, as recorded with 1.96.5.</summary>
public sealed class DataPathRecordingTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));
    private StandInBench _bench = null!;
    private TailnetClient _peer = null!;
    private StandInDaemon _node = null!;

    private CancellationToken Cancellation => _limit.Token;

    public async ValueTask InitializeAsync()
    {
        _bench = await StandInBench.StartAsync();
        try
        {
            int port = TailnetClient.FreePort();
            StandInDaemon laptop = await _bench.NodeAsync("laptop", $"--socks5-server=127.0.0.1:{port}");
            _peer = new TailnetClient(port);
            _node = await _bench.NodeAsync("grafana");
            string address = _bench.Control.FindNode("grafana")!.IPv4;
            await Eventually.TrueAsync(
                async () => (await laptop.GetAsync($"whois?addr={address}")).Body.Contains("Endpoints", StringComparison.Ordinal),
                "the peer knows the node");
        }
        catch
        {
            // xunit disposes only what was set up to the end.
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _bench.DisposeAsync();
        _limit.Dispose();
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    public async Task A_served_port_speaks_PROXY_to_its_target_before_the_client_says_anything(int version, bool version6)
    {
        using TcpServer backend = new("127.0.0.5");
        await ServeAsync($$"""{"443":{"TCPForward":"127.0.0.5:{{backend.Port}}","ProxyProtocol":{{version}}} }""");
        TailnetNode from = _bench.Control.FindNode("laptop")!;
        TailnetNode to = _bench.Control.FindNode("grafana")!;
        using Socket? client = await _peer.ConnectAsync(version6 ? to.IPv6 : to.IPv4, 443, Cancellation);
        Assert.NotNull(client);
        using Socket served = await backend.AcceptAsync(Cancellation);

        (string source, string target) = version6 ? (from.IPv6, to.IPv6) : (from.IPv4, to.IPv4);
        string expected = version == 1
            ? $"PROXY {(version6 ? "TCP6" : "TCP4")} {source} {target} SPORT {backend.Port}\r\n"
            : $"0d0a0d0a000d0a515549540a21{(version6 ? "210024" : "11000c")}{Hex(source)}{Hex(target)}SPORT{backend.Port:x4}";
        string actual;
        if (version == 1)
        {
            List<byte> line = [];
            while (line.Count == 0 || line[^1] != (byte)'\n')
            {
                line.AddRange(await TailnetClient.ReadAsync(served, 1, Cancellation));
            }

            string[] words = Encoding.ASCII.GetString([.. line]).Split(' ');
            Assert.InRange(int.Parse(words[4], System.Globalization.CultureInfo.InvariantCulture), 1024, 65535);
            words[4] = "SPORT";
            actual = string.Join(' ', words);
        }
        else
        {
            byte[] header = await TailnetClient.ReadAsync(served, version6 ? 52 : 28, Cancellation);
            string hex = Convert.ToHexStringLower(header);
            actual = string.Concat(hex.AsSpan(0, hex.Length - 8), "SPORT", hex.AsSpan(hex.Length - 4));
        }

        Assert.Equal(expected, actual);
        await client.SendAsync("HELLO"u8.ToArray(), Cancellation);
        Assert.Equal("HELLO"u8.ToArray(), await TailnetClient.ReadAsync(served, 5, Cancellation));
        await served.SendAsync("reply"u8.ToArray(), Cancellation);
        Assert.Equal("reply"u8.ToArray(), await TailnetClient.ReadAsync(client, 5, Cancellation));
    }

    /// <summary>A port that serve does not name goes to 127.0.0.1, without a PROXY header.</summary>
    [Fact]
    public async Task A_port_without_entry_falls_through_to_the_loopback_address_and_only_to_it()
    {
        using TcpServer loopback = new("127.0.0.1");
        using TcpServer other = new("127.0.0.5");
        TailnetNode grafana = _bench.Control.FindNode("grafana")!;
        foreach (string host in (string[])["grafana", "grafana.tailtest.ts.net", "grafana.tailtest.ts.net.", grafana.IPv4, grafana.IPv6])
        {
            using Socket? client = await _peer.ConnectAsync(host, loopback.Port, Cancellation);
            Assert.NotNull(client);
            using Socket reached = await loopback.AcceptAsync(Cancellation);
        }

        Assert.Null(await _peer.ConnectAsync("grafana", other.Port, Cancellation));
        Assert.Null(await _peer.ConnectAsync("nobody.tailtest.ts.net", loopback.Port, Cancellation));

        // An entry takes the port away from the loopback address; without it, the port falls through again.
        await ServeAsync($$"""{"{{loopback.Port}}":{"TCPForward":"127.0.0.5:{{other.Port}}"} }""");
        using Socket? served = await _peer.ConnectAsync("grafana", loopback.Port, Cancellation);
        using Socket reachedByEntry = await other.AcceptAsync(Cancellation);
        await ServeAsync("{}");
        using Socket? fallen = await _peer.ConnectAsync("grafana", loopback.Port, Cancellation);
        using Socket reachedWithout = await loopback.AcceptAsync(Cancellation);

        // The open connection survived the change of its entry.
        await served!.SendAsync("still"u8.ToArray(), Cancellation);
        Assert.Equal("still"u8.ToArray(), await TailnetClient.ReadAsync(reachedByEntry, 5, Cancellation));
    }

    [Fact]
    public async Task A_target_that_does_not_listen_gives_an_established_connection_that_ends()
    {
        int closed = TailnetClient.FreePort();
        await ServeAsync($$"""{"443":{"TCPForward":"127.0.0.5:{{closed}}","ProxyProtocol":2} }""");
        using Socket? client = await _peer.ConnectAsync("grafana", 443, Cancellation);
        Assert.NotNull(client);
        Assert.Empty(await TailnetClient.ReadToEndAsync(client, Cancellation));
        await Eventually.TrueAsync(
            () => _node.Error.Contains(
                $"to 127.0.0.5:{closed}: dial tcp 127.0.0.5:{closed}: connect: connection refused", StringComparison.Ordinal),
            "the log says why");
    }

    [Fact]
    public async Task A_half_closed_served_connection_loses_the_answer()
    {
        using Connection connection = await ConnectServedAsync();
        (_, Socket client, Socket served) = connection;
        await client.SendAsync("query"u8.ToArray(), Cancellation);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("query"u8.ToArray(), await TailnetClient.ReadToEndAsync(served, Cancellation));
        Assert.Empty(await TailnetClient.ReadToEndAsync(client, Cancellation));
        await Assert.ThrowsAnyAsync<SocketException>(() => FloodAsync(served, Cancellation));
    }

    [Fact]
    public async Task A_half_closed_connection_to_a_port_without_entry_gets_its_answer()
    {
        using TcpServer backend = new("127.0.0.1");
        using Socket? client = await _peer.ConnectAsync("grafana", backend.Port, Cancellation);
        using Socket served = await backend.AcceptAsync(Cancellation);
        await client!.SendAsync("query"u8.ToArray(), Cancellation);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("query"u8.ToArray(), await TailnetClient.ReadToEndAsync(served, Cancellation));
        byte[] answer = new byte[1_000_000];
        Task<byte[]> reading = TailnetClient.ReadToEndAsync(client, Cancellation);
        await FakeTailscale.DataPath.TunnelPump.SendAsync(served, answer, Cancellation);
        served.Shutdown(SocketShutdown.Send);
        Assert.Equal(answer.Length, (await reading).Length);
    }

    [Fact]
    public async Task A_reset_of_the_target_looks_like_a_normal_end()
    {
        using Connection connection = await ConnectServedAsync();
        (_, Socket client, Socket served) = connection;
        await served.SendAsync(new byte[3000], Cancellation);
        Assert.Equal(3000, (await TailnetClient.ReadAsync(client, 3000, Cancellation)).Length);
        served.LingerState = new LingerOption(true, 0);
        served.Close();
        Assert.Empty(await TailnetClient.ReadToEndAsync(client, Cancellation));
    }

    [Fact]
    public async Task A_reset_of_the_client_is_an_end_to_the_target()
    {
        using Connection connection = await ConnectServedAsync();
        (_, Socket client, Socket served) = connection;
        client.LingerState = new LingerOption(true, 0);
        client.Close();
        Assert.Empty(await TailnetClient.ReadToEndAsync(served, Cancellation));
    }

    [Theory]
    [InlineData(Signals.Kill)]
    [InlineData(Signals.Terminate)]
    public async Task When_the_daemon_ends_the_target_hears_it_and_the_peer_does_not(int signal)
    {
        using Connection connection = await ConnectServedAsync();
        (_, Socket client, Socket served) = connection;
        await _node.EndAsync(signal);
        Assert.Empty(await TailnetClient.ReadToEndAsync(served, Cancellation));

        // The peer's connection hangs, and new ones fail.
        Task<byte[]> reading = TailnetClient.ReadToEndAsync(client, Cancellation);
        Assert.Null(await _peer.ConnectAsync("grafana", 443, Cancellation));
        Assert.False(reading.IsCompleted);

        // The node's next daemon answers what is sent on the old connection with RST.
        await _bench.DaemonAsync("grafana");
        await Eventually.TrueAsync(async () => await SendFailsAsync(client), "the old connection is reset");
        using Socket? again = await _peer.ConnectAsync("grafana", 443, Cancellation);
        Assert.NotNull(again);
        await Record.ExceptionAsync(() => reading);
    }

    [Fact]
    public async Task A_node_that_is_down_stands_still_and_goes_on_later()
    {
        using Connection connection = await ConnectServedAsync();
        (_, Socket client, Socket served) = connection;
        _bench.Control.ExpireNode("grafana");
        await _node.WaitForStateAsync("NeedsLogin");
        await client.SendAsync("hello"u8.ToArray(), Cancellation);
        Task<byte[]> arriving = TailnetClient.ReadAsync(served, 5, Cancellation);
        Assert.Null(await _peer.ConnectAsync("grafana", 443, Cancellation));
        Assert.False(arriving.IsCompleted);
        Assert.Equal(0, (await _bench.UpAsync("grafana")).ExitCode);
        Assert.Equal("hello"u8.ToArray(), await arriving);
    }

    [Fact]
    public async Task Much_data_arrives_whole_in_both_directions_at_once()
    {
        const int Size = 64 * 1024 * 1024;
        using Connection connection = await ConnectServedAsync();
        (_, Socket client, Socket served) = connection;
        ulong[] sums = await Task.WhenAll(
            SendPatternAsync(client, Size, 1, Cancellation),
            SumAsync(served, Size, Cancellation),
            SendPatternAsync(served, Size, 2, Cancellation),
            SumAsync(client, Size, Cancellation));
        Assert.Equal(sums[0], sums[1]);
        Assert.Equal(sums[2], sums[3]);
    }

    /// <summary>A connection of the peer to port 443 of the node, which is forwarded to a server at 127.0.0.5.</summary>
    private async Task<Connection> ConnectServedAsync()
    {
        TcpServer backend = new("127.0.0.5");
        await ServeAsync($$"""{"443":{"TCPForward":"127.0.0.5:{{backend.Port}}"} }""");
        Socket? client = await _peer.ConnectAsync("grafana", 443, Cancellation);
        return new Connection(backend, client!, await backend.AcceptAsync(Cancellation));
    }

    private async Task ServeAsync(string tcp) =>
        Assert.Equal(200, (await _node.RequestAsync("POST", "serve-config", $"{{\"TCP\":{tcp}}}")).Status);

    private static string Hex(string address) => Convert.ToHexStringLower(System.Net.IPAddress.Parse(address).GetAddressBytes());

    private static async Task FloodAsync(Socket socket, CancellationToken cancellation)
    {
        while (true)
        {
            await socket.SendAsync(new byte[65536], cancellation);
        }
    }

    private static async Task<bool> SendFailsAsync(Socket socket)
    {
        try
        {
            await socket.SendAsync("x"u8.ToArray());
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static async Task<ulong> SendPatternAsync(Socket socket, int size, int seed, CancellationToken cancellation)
    {
        byte[] block = new byte[100_003];
        new Random(seed).NextBytes(block);
        ulong sum = 0;
        for (int sent = 0; sent < size;)
        {
            int take = Math.Min(block.Length, size - sent);
            await FakeTailscale.DataPath.TunnelPump.SendAsync(socket, block.AsMemory(0, take), cancellation);
            sum = Add(sum, block.AsSpan(0, take), sent);
            sent += take;
        }

        return sum;
    }

    private static async Task<ulong> SumAsync(Socket socket, int size, CancellationToken cancellation)
    {
        byte[] buffer = new byte[65536];
        ulong sum = 0;
        for (int have = 0; have < size;)
        {
            int read = await socket.ReceiveAsync(buffer.AsMemory(0, Math.Min(buffer.Length, size - have)), cancellation);
            Assert.True(read > 0, $"the stream ended after {have} bytes");
            sum = Add(sum, buffer.AsSpan(0, read), have);
            have += read;
        }

        return sum;
    }

    private static ulong Add(ulong sum, ReadOnlySpan<byte> bytes, int position)
    {
        foreach (byte value in bytes)
        {
            sum += (ulong)value * (ulong)(position++ % 65521 + 1);
        }

        return sum;
    }

    private sealed record Connection(TcpServer Backend, Socket Client, Socket Served) : IDisposable
    {
        public void Dispose()
        {
            Client.Dispose();
            Served.Dispose();
            Backend.Dispose();
        }
    }
}
