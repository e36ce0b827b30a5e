using System.Net;
using System.Net.Sockets;
using System.Text;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Proxy.Tcp;

public sealed class TcpPortTests
{
    private const int NodePort = 5432;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bytes_pass_both_ways()
    {
        using var database = new TcpServer(async stream => await stream.CopyToAsync(stream, Token));
        await using var listener = await TestListener.StartAsync(Service(database));
        await using var stream = await listener.ConnectAsync(Port(listener));
        var sent = new byte[1_000_000];
        new Random(3).NextBytes(sent);

        var sending = stream.WriteAsync(sent, Token).AsTask();
        var received = new byte[sent.Length];
        await stream.ReadExactlyAsync(received, Token);
        await sending;

        Assert.Equal(sent, received);
    }

    [Fact]
    public async Task An_end_in_one_direction_leaves_the_other_open()
    {
        using var database = new TcpServer(async stream =>
        {
            var asked = await RawHttp.ReadToEndAsync(stream);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"you said {asked}"), Token);
        });
        await using var listener = await TestListener.StartAsync(Service(database));
        await using var stream = await listener.ConnectAsync(Port(listener));

        await stream.WriteAsync("hello"u8.ToArray(), Token);
        stream.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("you said hello", await RawHttp.ReadToEndAsync(stream));
    }

    [Fact]
    public async Task A_server_may_end_first()
    {
        using var whois = new TcpServer(async stream => await stream.WriteAsync("that is all"u8.ToArray(), Token));
        await using var listener = await TestListener.StartAsync(Service(whois));
        await using (var stream = await listener.ConnectAsync(Port(listener)))
        {
            Assert.Equal("that is all", await RawHttp.ReadToEndAsync(stream));
        }

        await Eventually.TrueAsync(() => listener.Metrics.ActiveConnections == 0);
    }

    [Fact]
    public async Task A_client_that_is_gone_ends_what_a_server_sends_without_end()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var ticker = new TcpServer(async stream =>
        {
            try
            {
                while (true)
                {
                    await stream.WriteAsync(new byte[1000], Token);
                }
            }
            catch (IOException)
            {
                ended.SetResult();
            }
        });
        await using var listener = await TestListener.StartAsync(Service(ticker));
        await using (var stream = await listener.ConnectAsync(Port(listener)))
        {
            await stream.ReadExactlyAsync(new byte[100_000], Token);
        }

        await ended.Task.WaitAsync(Eventually.Deadline, Token);
        await Eventually.TrueAsync(() => listener.Metrics.ActiveConnections == 0);
    }

    [Fact]
    public async Task A_peer_that_has_ended_and_does_not_read_holds_up_no_stop()
    {
        using var database = new TcpServer(async stream =>
        {
            await RawHttp.ReadToEndAsync(stream);
            await stream.WriteAsync(new byte[20_000_000], Token);
        });
        await using var listener = await TestListener.StartAsync(Service(database));
        await using var stream = await listener.ConnectAsync(Port(listener));
        stream.Socket.Shutdown(SocketShutdown.Send);
        await stream.ReadExactlyAsync(new byte[1], Token);

        await listener.UpdateAsync(TestListener.Service()).AsTask().WaitAsync(Eventually.Deadline, Token);

        await Eventually.TrueAsync(() => listener.Metrics.ActiveConnections == 0);
    }

    [Fact]
    public async Task A_server_that_breaks_off_does_not_look_like_one_that_ends()
    {
        using var database = new TcpServer(async stream =>
        {
            await stream.ReadExactlyAsync(new byte[1], Token);
            stream.Socket.LingerState = new LingerOption(true, 0);
            stream.Socket.Close();
        });
        await using var listener = await TestListener.StartAsync(Service(database));
        await using var stream = await listener.ConnectAsync(Port(listener));

        await stream.WriteAsync("x"u8.ToArray(), Token);

        await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1], Token).AsTask());
    }

    [Fact]
    public async Task A_connection_waits_for_a_server_to_appear()
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service() with { TcpPorts = [NodePort] });
        await using var stream = await listener.ConnectAsync(Port(listener));
        await stream.WriteAsync("x"u8.ToArray(), Token);
        await Eventually.TrueAsync(() => listener.Metrics.HeldRequests == 1);

        using var database = new TcpServer(async stream => await stream.CopyToAsync(stream, Token));
        await listener.UpdateAsync(Service(database));

        var answer = new byte[1];
        await stream.ReadExactlyAsync(answer, Token);
        Assert.Equal((byte)'x', answer[0]);
    }

    [Fact]
    public async Task Without_a_server_the_connection_is_closed_after_the_hold()
    {
        await using var listener = await TestListener.StartAsync(
            TestListener.Service() with { TcpPorts = [NodePort], Hold = TimeSpan.FromMilliseconds(50) });
        await using var stream = await listener.ConnectAsync(Port(listener));

        await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1], Token).AsTask());
        await Eventually.TrueAsync(() => listener.Metrics.Refused("no_upstream") > 0);
    }

    [Fact]
    public async Task A_peer_that_is_not_allowed_is_closed()
    {
        using var database = new TcpServer(async stream => await stream.CopyToAsync(stream, Token));
        await using var listener = await TestListener.StartAsync(Service(database) with { Allow = Rules.Of("bob@example.com") });
        await using var stream = await listener.ConnectAsync(Port(listener));

        await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1], Token).AsTask());
        Assert.Equal(1, listener.Metrics.Refused("not_allowed"));
    }

    [Fact]
    public async Task Who_is_not_allowed_is_logged_once_in_a_while_however_often_they_try()
    {
        using var log = new FakeLoggerProvider();
        await using var listener = await TestListener.StartAsync(
            TestListener.Service() with { TcpPorts = [NodePort], Allow = Rules.Of("bob@example.com") }, log: log);

        for (var tries = 0; tries < 3; tries++)
        {
            await using var stream = await listener.ConnectAsync(Port(listener));
            await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1], Token).AsTask());
        }

        await Eventually.TrueAsync(() => listener.Metrics.Refused("not_allowed") == 3);
        var line = Assert.Single(log.Collector.GetSnapshot(), record => record.Message.Contains("denied", StringComparison.Ordinal)).Message;
        Assert.StartsWith("web: denied ada@example.com at ", line, StringComparison.Ordinal);
        Assert.Contains("on TCP port 5432: the allow label does not name them", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_without_a_header_is_closed()
    {
        using var database = new TcpServer(async stream => await stream.CopyToAsync(stream, Token));
        await using var listener = await TestListener.StartAsync(Service(database));
        await using var stream = await listener.ConnectBareAsync(Port(listener));

        await stream.WriteAsync("x"u8.ToArray(), Token);

        await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1], Token).AsTask());
        Assert.Equal(1, listener.Metrics.Refused("bad_proxy_header"));
    }

    [Fact]
    public async Task Ports_open_and_close_with_the_configuration()
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service());
        Assert.Empty(listener.Listener.Ports.Tcp);

        await listener.UpdateAsync(TestListener.Service() with { TcpPorts = [NodePort, 8443] });
        var ends = listener.Listener.Ports.Tcp;
        await listener.UpdateAsync(TestListener.Service() with { TcpPorts = [8443] });

        Assert.Equal([NodePort, 8443], ends.Keys);
        Assert.All(ends.Values, end => Assert.Equal(listener.Listener.Ports.Https.Address, end.Address));
        // 8443 is the listener's own port, so another one stands for it.
        Assert.NotEqual(8443, ends[8443].Port);
        Assert.Equal([8443], listener.Listener.Ports.Tcp.Keys);
        await Assert.ThrowsAsync<SocketException>(() => listener.ConnectBareAsync(ends[NodePort]));
    }

    [Fact]
    public async Task Stopping_cuts_what_outlasts_the_drain()
    {
        using var database = new TcpServer(async stream => await stream.CopyToAsync(stream, Token));
        await using var listener = await TestListener.StartAsync(Service(database));
        await using var stream = await listener.ConnectAsync(Port(listener));
        await stream.WriteAsync("x"u8.ToArray(), Token);
        await stream.ReadExactlyAsync(new byte[1], Token);

        await listener.Listener.StopAsync(TimeSpan.FromMilliseconds(50)).WaitAsync(TimeSpan.FromSeconds(20), Token);

        await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1], Token).AsTask());
    }

    private static ServiceSpec Service(TcpServer server) => TestListener.Service() with
    {
        TcpPorts = [NodePort],
        Upstreams =
        [
            new Upstream
            {
                ContainerId = "db",
                ContainerName = "db",
                Scheme = UpstreamScheme.Http,
                Host = server.EndPoint.Address.ToString(),
                Port = 1,
                Route = "test",
                Tcp = [new TcpUpstream(NodePort, server.EndPoint.Address.ToString(), server.EndPoint.Port)],
            },
        ],
    };

    private static IPEndPoint Port(TestListener listener) => listener.Listener.Ports.Tcp[NodePort];
}
