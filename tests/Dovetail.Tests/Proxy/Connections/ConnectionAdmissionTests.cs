using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Dovetail.Proxy.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Connections;

public sealed class ConnectionAdmissionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("PROXY TCP4 100.64.0.1 100.64.0.3 56974 8443\r\nGET / HTTP/1.1\r\nHost: web\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: web\r\nTailscale-User-Login: root@example.com\r\n\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0020\u0011\0\0")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0021\0\0\0")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0021\u0011\u00ff\u00ff")]
    public async Task A_connection_without_an_acceptable_header_is_closed_unanswered(string bytes)
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("reached", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), https: false);
        await using var stream = await listener.ConnectBareAsync(listener.Listener.Ports.Http);

        await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes), Token);

        Assert.Equal("", await ReadUntilClosedAsync(stream));
        Assert.Equal(1, listener.Metrics.Refused("bad_proxy_header"));
    }

    [Fact]
    public void Each_reason_has_words_of_its_own_in_the_log()
    {
        var words = Enum.GetValues<RefusalReason>().Select(reason => reason.InWords()).ToList();

        Assert.Equal(words.Distinct(), words);
        Assert.DoesNotContain(((RefusalReason)(-1)).InWords(), words);
    }

    [Fact]
    public async Task A_header_that_stops_half_way_is_closed()
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service());
        await using var stream = await listener.ConnectBareAsync();

        await stream.WriteAsync("\r\n\r\n\0\r\nQUIT\n"u8.ToArray(), Token);
        stream.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("", await ReadUntilClosedAsync(stream));
        Assert.Equal(1, listener.Metrics.Refused("bad_proxy_header"));
    }

    [Fact]
    public async Task A_slow_header_is_closed()
    {
        var options = new ListenerOptions { ProxyHeaderTimeout = TimeSpan.FromMilliseconds(50) };
        await using var listener = await TestListener.StartAsync(TestListener.Service(), options: options);
        await using var stream = await listener.ConnectBareAsync();

        Assert.Equal("", await ReadUntilClosedAsync(stream));
        Assert.Equal(1, listener.Metrics.Refused("slow_proxy_header"));
    }

    [Fact]
    public async Task A_header_that_arrives_byte_by_byte_is_accepted()
    {
        await using var upstream = await TestUpstream.StartAsync(Echo.HeadersAsync);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), https: false);
        await using var stream = await listener.ConnectBareAsync(listener.Listener.Ports.Http);
        var header = Convert.FromHexString("0d0a0d0a000d0a515549540a2111000c64400001644000039ec620fb");
        foreach (var b in header)
        {
            await stream.WriteAsync(new[] { b }, Token);
        }

        var answer = await RawHttp.ExchangeAsync(stream, "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n");

        Assert.Contains("\"X-Forwarded-For\":\"100.64.0.1\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_is_not_tailscaled_cannot_claim_an_identity()
    {
        await using var upstream = await TestUpstream.StartAsync(Echo.HeadersAsync);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), https: false);

        var (_, answer) = await ConnectFromAnotherProcessAsync(listener, allow: false);

        Assert.Equal("", answer);
        Assert.Equal(1, listener.Metrics.Refused("foreign_process"));
        Assert.Equal((0, 0), (listener.Metrics.ActiveRequests, listener.Metrics.Requests));
    }

    [Fact]
    public async Task The_process_that_is_tailscaled_can()
    {
        await using var upstream = await TestUpstream.StartAsync(Echo.HeadersAsync);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), https: false);

        var (_, answer) = await ConnectFromAnotherProcessAsync(listener, allow: true);

        Assert.Contains("ada@example.com", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_may_connect_while_no_tailscaled_runs()
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service());
        listener.Process.ProcessId = null;

        Assert.Equal("", await ConnectAndReadAsync(listener));
        Assert.Equal(1, listener.Metrics.Refused("foreign_process"));
    }

    [Fact]
    public async Task One_peer_cannot_use_up_the_connections_of_another()
    {
        var options = new ListenerOptions { ConnectionsPerPeer = 3 };
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), options: options);
        var idle = new List<NetworkStream>();
        for (var i = 0; i < 4; i++)
        {
            idle.Add(await listener.ConnectAsync());
        }

        await Eventually.TrueAsync(() => listener.Metrics.Refused("too_many_from_peer") > 0);
        using var other = listener.Client(peer: IPEndPoint.Parse("100.64.0.8:1"));

        Assert.Equal("ok", await other.GetStringAsync("/", Token));
        foreach (var stream in idle)
        {
            await stream.DisposeAsync();
        }

        await Eventually.TrueAsync(() => listener.Metrics.ActiveConnections <= 1);
        using var same = listener.Client();
        Assert.Equal("ok", await same.GetStringAsync("/", Token));
    }

    [Fact]
    public async Task A_node_takes_no_more_connections_than_it_may()
    {
        var options = new ListenerOptions { ConnectionsPerNode = 2 };
        await using var listener = await TestListener.StartAsync(TestListener.Service(), options: options);
        await using var first = await listener.ConnectAsync();
        await using var second = await listener.ConnectAsync();
        await Eventually.TrueAsync(() => listener.Metrics.ActiveConnections == 2);

        Assert.Equal("", await ConnectAndReadAsync(listener));
        Assert.Equal(1, listener.Metrics.Refused("too_many_connections"));
    }

    private static async Task<string> ReadUntilClosedAsync(Stream stream)
    {
        try
        {
            return await RawHttp.ReadToEndAsync(stream);
        }
        catch (IOException)
        {
            // Closed with a reset: nothing was answered.
            return "";
        }
    }

    private static async Task<string> ConnectAndReadAsync(TestListener listener)
    {
        try
        {
            await using var stream = await listener.ConnectBareAsync();
            return await ReadUntilClosedAsync(stream);
        }
        catch (SocketException)
        {
            // Reset before the connecting side had noticed that it was connected.
            return "";
        }
    }

    // bash opens the connection, says that it has, waits for a line, and only then sends; its answer goes to stdout.
    private static async Task<(int ProcessId, string Answer)> ConnectFromAnotherProcessAsync(TestListener listener, bool allow)
    {
        var port = listener.Listener.Ports.Http;
        const string header = @"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x64\x40\x00\x01\x64\x40\x00\x03\x9e\xc6\x20\xfb";
        const string request = @"GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n";
        var script = $"read go; exec 3<>/dev/tcp/{port.Address}/{port.Port}; printf '{header}{request}' >&3; "
            + "while IFS= read -r line; do echo \"$line\"; done <&3";
        var start = new ProcessStartInfo("bash")
        {
            ArgumentList = { "-c", script },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        if (allow)
        {
            listener.Process.ProcessId = process.Id;
        }

        await process.StandardInput.WriteLineAsync("go");
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(Token);
        var answer = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        await errors;
        return (process.Id, answer.Trim());
    }
}
