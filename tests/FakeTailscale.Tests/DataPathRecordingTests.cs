using System.Net.Sockets;
using System.Text;
using FakeTailscale.Control;

namespace FakeTailscale.Tests;

/// <summary>What passes through a node, and what does not, as recorded with 1.96.5.</summary>
public sealed class DataPathRecordingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    public async Task A_served_port_speaks_PROXY_to_its_target_before_the_client_says_anything(int version, bool version6)
    {
        using CancellationTokenSource limit = new(Limit);
        await using StandInBench bench = await StandInBench.StartAsync();
        (TailnetClient peer, StandInDaemon node) = await PairAsync(bench);
        using TcpServer backend = new("127.0.0.5");
        await ServeAsync(node, $$"""{"443":{"TCPForward":"127.0.0.5:{{backend.Port}}","ProxyProtocol":{{version}}} }""");
        TailnetNode from = bench.Control.FindNode("laptop")!;
        TailnetNode to = bench.Control.FindNode("grafana")!;
        using Socket? client = await peer.ConnectAsync(version6 ? to.IPv6 : to.IPv4, 443, limit.Token);
        Assert.NotNull(client);
        using Socket served = await backend.AcceptAsync(limit.Token);

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
                line.AddRange(await TailnetClient.ReadAsync(served, 1, limit.Token));
            }

            string[] words = Encoding.ASCII.GetString([.. line]).Split(' ');
            Assert.InRange(int.Parse(words[4], System.Globalization.CultureInfo.InvariantCulture), 1024, 65535);
            words[4] = "SPORT";
            actual = string.Join(' ', words);
        }
        else
        {
            byte[] header = await TailnetClient.ReadAsync(served, version6 ? 52 : 28, limit.Token);
            string hex = Convert.ToHexStringLower(header);
            actual = string.Concat(hex.AsSpan(0, hex.Length - 8), "SPORT", hex.AsSpan(hex.Length - 4));
        }

        Assert.Equal(expected, actual);
        await client.SendAsync("HELLO"u8.ToArray(), limit.Token);
        Assert.Equal("HELLO"u8.ToArray(), await TailnetClient.ReadAsync(served, 5, limit.Token));
        await served.SendAsync("reply"u8.ToArray(), limit.Token);
        Assert.Equal("reply"u8.ToArray(), await TailnetClient.ReadAsync(client, 5, limit.Token));
    }

    /// <summary>A port that serve does not name goes to 127.0.0.1, without a PROXY header.</summary>
    [Fact]
    public async Task A_port_without_entry_falls_through_to_the_loopback_address_and_only_to_it()
    {
        using CancellationTokenSource limit = new(Limit);
        await using StandInBench bench = await StandInBench.StartAsync();
        (TailnetClient peer, StandInDaemon node) = await PairAsync(bench);
        using TcpServer loopback = new("127.0.0.1");
        using TcpServer other = new("127.0.0.5");
        TailnetNode grafana = bench.Control.FindNode("grafana")!;
        foreach (string host in (string[])["grafana", "grafana.tailtest.ts.net", "grafana.tailtest.ts.net.", grafana.IPv4, grafana.IPv6])
        {
            using Socket? client = await peer.ConnectAsync(host, loopback.Port, limit.Token);
            Assert.NotNull(client);
            using Socket reached = await loopback.AcceptAsync(limit.Token);
        }

        Assert.Null(await peer.ConnectAsync("grafana", other.Port, limit.Token));
        Assert.Null(await peer.ConnectAsync("nobody.tailtest.ts.net", loopback.Port, limit.Token));

        // An entry takes the port away from the loopback address; without it, the port falls through again.
        await ServeAsync(node, $$"""{"{{loopback.Port}}":{"TCPForward":"127.0.0.5:{{other.Port}}"} }""");
        using Socket? served = await peer.ConnectAsync("grafana", loopback.Port, limit.Token);
        using Socket reachedByEntry = await other.AcceptAsync(limit.Token);
        await ServeAsync(node, "{}");
        using Socket? fallen = await peer.ConnectAsync("grafana", loopback.Port, limit.Token);
        using Socket reachedWithout = await loopback.AcceptAsync(limit.Token);

        // The open connection survived the change of its entry.
        await served!.SendAsync("still"u8.ToArray(), limit.Token);
        Assert.Equal("still"u8.ToArray(), await TailnetClient.ReadAsync(reachedByEntry, 5, limit.Token));
    }

    [Fact]
    public async Task A_target_that_does_not_listen_gives_an_established_connection_that_ends()
    {
        using CancellationTokenSource limit = new(Limit);
        await using StandInBench bench = await StandInBench.StartAsync();
        (TailnetClient peer, StandInDaemon node) = await PairAsync(bench);
        int closed = TailnetClient.FreePort();
        await ServeAsync(node, $$"""{"443":{"TCPForward":"127.0.0.5:{{closed}}","ProxyProtocol":2} }""");
        using Socket? client = await peer.ConnectAsync("grafana", 443, limit.Token);
        Assert.NotNull(client);
        Assert.Empty(await TailnetClient.ReadToEndAsync(client, limit.Token));
        await Eventually.TrueAsync(
            () => node.Error.Contains(
                $"to 127.0.0.5:{closed}: dial tcp 127.0.0.5:{closed}: connect: connection refused", StringComparison.Ordinal),
            "the log says why");
    }

    [Fact]
    public async Task A_half_closed_served_connection_loses_the_answer()
    {
        using CancellationTokenSource limit = new(Limit);
        await using StandInBench bench = await StandInBench.StartAsync();
        (TailnetClient peer, StandInDaemon node) = await PairAsync(bench);
        using TcpServer backend = new("127.0.0.5");
        await ServeAsync(node, $$"""{"443":{"TCPForward":"127.0.0.5:{{backend.Port}}"} }""");
        using Socket? client = await peer.ConnectAsync("grafana", 443, limit.Token);
        using Socket served = await backend.AcceptAsync(limit.Token);
        await client!.SendAsync("query"u8.ToArray(), limit.Token);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("query"u8.ToArray(), await TailnetClient.ReadToEndAsync(served, limit.Token));
        Assert.Empty(await TailnetClient.ReadToEndAsync(client, limit.Token));
        await Assert.ThrowsAnyAsync<SocketException>(() => FloodAsync(served, limit.Token));
    }

    [Fact]
    public async Task A_half_closed_connection_to_a_port_without_entry_gets_its_answer()
    {
        using CancellationTokenSource limit = new(Limit);
        await using StandInBench bench = await StandInBench.StartAsync();
        (TailnetClient peer, _) = await PairAsync(bench);
        using TcpServer backend = new("127.0.0.1");
        using Socket? client = await peer.ConnectAsync("grafana", backend.Port, limit.Token);
        using Socket served = await backend.AcceptAsync(limit.Token);
        await client!.SendAsync("query"u8.ToArray(), limit.Token);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("query"u8.ToArray(), await TailnetClient.ReadToEndAsync(served, limit.Token));
        byte[] answer = new byte[1_000_000];
        Task<byte[]> reading = TailnetClient.ReadToEndAsync(client, limit.Token);
        await FakeTailscale.DataPath.TunnelPump.SendAsync(served, answer, limit.Token);
        served.Shutdown(SocketShutdown.Send);
        Assert.Equal(answer.Length, (await reading).Length);
    }

    [Fact]
    public async Task A_reset_of_the_target_looks_like_a_normal_end()
    {
        using CancellationTokenSource limit = new(Limit);
        await using StandInBench bench = await StandInBench.StartAsync();
        (TailnetClient peer, StandInDaemon node) = await PairAsync(bench);
        using TcpServer backend = new("127.0.0.5");
        await ServeAsync(node, $$"""{"443":{"TCPForward":"127.0.0.5:{{backend.Port}}"} }""");
        using Socket? client = await peer.ConnectAsync("grafana", 443, limit.Token);
        using Socket served = await backend.AcceptAsync(limit.Token);
        await served.SendAsync(new byte[3000], limit.Token);
        Assert.Equal(3000, (await TailnetClient.ReadAsync(client!, 3000, limit.Token)).Length);
        served.LingerState = new LingerOption(true, 0);
        served.Close();
        Assert.Empty(await TailnetClient.ReadToEndAsync(client!, limit.Token));
    }

    [Fact]
    public async Task A_reset_of_the_client_is_an_end_to_the_target()
    {
        using CancellationTokenSource limit = new(Limit);
        await using StandInBench bench = await StandInBench.StartAsync();
        (TailnetClient peer, StandInDaemon node) = await PairAsync(bench);
        using TcpServer backend = new("127.0.0.5");
        await ServeAsync(node, $$"""{"443":{"TCPForward":"127.0.0.5:{{backend.Port}}"} }""");
        Socket? client = await peer.ConnectAsync("grafana", 443, limit.Token);
        using Socket served = await backend.AcceptAsync(limit.Token);
        client!.LingerState = new LingerOption(true, 0);
        client.Close();
        Assert.Empty(await TailnetClient.ReadToEndAsync(served, limit.Token));
    }

    [Theory]
    [InlineData(Signals.Kill)]
    [InlineData(Signals.Terminate)]
    public async Task When_the_daemon_ends_the_target_hears_it_and_the_peer_does_not(int signal)
    {
        using CancellationTokenSource limit = new(Limit);
        await using StandInBench bench = await StandInBench.StartAsync();
        (TailnetClient peer, StandInDaemon node) = await PairAsync(bench);
        using TcpServer backend = new("127.0.0.5");
        await ServeAsync(node, $$"""{"443":{"TCPForward":"127.0.0.5:{{backend.Port}}"} }""");
        using Socket? client = await peer.ConnectAsync("grafana", 443, limit.Token);
        using Socket served = await backend.AcceptAsync(limit.Token);
        await node.EndAsync(signal);
        Assert.Empty(await TailnetClient.ReadToEndAsync(served, limit.Token));

        // The peer's connection hangs, and new ones fail.
        Task<byte[]> reading = TailnetClient.ReadToEndAsync(client!, limit.Token);
        Assert.Null(await peer.ConnectAsync("grafana", 443, limit.Token));
        Assert.False(reading.IsCompleted);

        // The node's next daemon answers what is sent on the old connection with RST.
        await bench.DaemonAsync("grafana");
        await Eventually.TrueAsync(async () => await SendFailsAsync(client!), "the old connection is reset");
        using Socket? again = await peer.ConnectAsync("grafana", 443, limit.Token);
        Assert.NotNull(again);
        await Record.ExceptionAsync(() => reading);
    }

    [Fact]
    public async Task A_node_that_is_down_stands_still_and_goes_on_later()
    {
        using CancellationTokenSource limit = new(Limit);
        await using StandInBench bench = await StandInBench.StartAsync();
        (TailnetClient peer, StandInDaemon node) = await PairAsync(bench);
        using TcpServer backend = new("127.0.0.5");
        await ServeAsync(node, $$"""{"443":{"TCPForward":"127.0.0.5:{{backend.Port}}"} }""");
        using Socket? client = await peer.ConnectAsync("grafana", 443, limit.Token);
        using Socket served = await backend.AcceptAsync(limit.Token);
        bench.Control.ExpireNode("grafana");
        await node.WaitForStateAsync("NeedsLogin");
        await client!.SendAsync("hello"u8.ToArray(), limit.Token);
        Task<byte[]> arriving = TailnetClient.ReadAsync(served, 5, limit.Token);
        Assert.Null(await peer.ConnectAsync("grafana", 443, limit.Token));
        Assert.False(arriving.IsCompleted);
        Assert.Equal(0, (await bench.UpAsync("grafana")).ExitCode);
        Assert.Equal("hello"u8.ToArray(), await arriving);
    }

    [Fact]
    public async Task Much_data_arrives_whole_in_both_directions_at_once()
    {
        const int Size = 64 * 1024 * 1024;
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));
        await using StandInBench bench = await StandInBench.StartAsync();
        (TailnetClient peer, StandInDaemon node) = await PairAsync(bench);
        using TcpServer backend = new("127.0.0.5");
        await ServeAsync(node, $$"""{"443":{"TCPForward":"127.0.0.5:{{backend.Port}}"} }""");
        using Socket? client = await peer.ConnectAsync("grafana", 443, limit.Token);
        using Socket served = await backend.AcceptAsync(limit.Token);
        ulong[] sums = await Task.WhenAll(
            SendPatternAsync(client!, Size, 1, limit.Token),
            SumAsync(served, Size, limit.Token),
            SendPatternAsync(served, Size, 2, limit.Token),
            SumAsync(client!, Size, limit.Token));
        Assert.Equal(sums[0], sums[1]);
        Assert.Equal(sums[2], sums[3]);
    }

    private static async Task<(TailnetClient Peer, StandInDaemon Node)> PairAsync(StandInBench bench)
    {
        int port = TailnetClient.FreePort();
        Task<StandInDaemon> laptop = bench.NodeAsync("laptop", $"--socks5-server=127.0.0.1:{port}");
        await laptop;
        StandInDaemon node = await bench.NodeAsync("grafana");
        StandInDaemon peer = await laptop;
        await Eventually.TrueAsync(
            async () => (await peer.GetAsync($"whois?addr={bench.Control.FindNode("grafana")!.IPv4}"))
                .Body.Contains("Endpoints", StringComparison.Ordinal),
            "the peer knows the node");
        return (new TailnetClient(port), node);
    }

    private static async Task ServeAsync(StandInDaemon node, string tcp) =>
        Assert.Equal(200, (await node.RequestAsync("POST", "serve-config", $"{{\"TCP\":{tcp}}}")).Status);

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
}
