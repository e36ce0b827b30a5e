using System.Net;
using System.Net.Sockets;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Upstreams;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Proxy.Upstreams;

public sealed class UpstreamConnectorTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_container_that_listens_on_IPv6_only_is_reached_there_when_IPv4_refuses()
    {
        using var server = new TcpListener(IPAddress.IPv6Loopback, 0);
        server.Start();
        var port = ((IPEndPoint)server.LocalEndpoint).Port;

        using var socket = await ConnectAsync(new UpstreamAddress("id", "web", UpstreamScheme.Http, "127.0.0.9", port, SecondHost: "::1"));

        Assert.Equal(new IPEndPoint(IPAddress.IPv6Loopback, port), socket.RemoteEndPoint);
    }

    [Fact]
    public async Task The_first_address_is_taken_where_it_accepts()
    {
        using var server = new TcpListener(IPAddress.Parse("127.0.0.9"), 0);
        server.Start();
        var port = ((IPEndPoint)server.LocalEndpoint).Port;

        using var socket = await ConnectAsync(new UpstreamAddress("id", "web", UpstreamScheme.Http, "127.0.0.9", port, SecondHost: "::1"));

        Assert.Equal(server.LocalEndpoint, socket.RemoteEndPoint);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("::1")]
    public async Task A_container_that_refuses_everywhere_refuses(string? second)
    {
        using var server = new TcpListener(IPAddress.IPv6Loopback, 0);
        server.Start();
        var port = ((IPEndPoint)server.LocalEndpoint).Port;
        server.Stop();

        var error = await Assert.ThrowsAsync<UpstreamConnectException>(
            () => ConnectAsync(new UpstreamAddress("id", "web", UpstreamScheme.Http, "127.0.0.9", port, SecondHost: second)));

        Assert.Equal(ConnectFailure.Refused, error.Failure);
    }

    private static Task<Socket> ConnectAsync(UpstreamAddress address) =>
        UpstreamConnector.ConnectAsync(address, Timeout, TimeProvider.System, Cancelled);
}
