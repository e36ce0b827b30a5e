using System.Text.Json;
using Dovetail.Tailscale;
using Dovetail.Tests.Nodes.Decisions;

namespace Dovetail.Tests.Tailscale;

public sealed class ServeConfigTests
{
    // As tailscaled 1.96.5 stores it.
    [Fact]
    public void Every_port_goes_to_the_listener_with_proxy_protocol_two()
    {
        var ports = NodeFactsBuilder.Ports;
        ports = ports with { Tcp = ports.Tcp.Add(5432, new(ports.Http.Address, 40001)) };

        var json = JsonSerializer.Serialize(ServeConfig.For(new ServeTarget(ports, null)), TailscaleJson.Default.ServeConfig);

        Assert.Equal(
            """
            {"TCP":{"443":{"TCPForward":"127.83.1.2:8443","ProxyProtocol":2},
            "5432":{"TCPForward":"127.83.1.2:40001","ProxyProtocol":2},
            "80":{"TCPForward":"127.83.1.2:8080","ProxyProtocol":2}}}
            """.ReplaceLineEndings(""),
            json);
    }

    [Fact]
    public void Only_port_443_becomes_public_through_funnel()
    {
        var config = ServeConfig.For(new ServeTarget(NodeFactsBuilder.Ports, "web.tailtest.ts.net"));

        Assert.Equal(["web.tailtest.ts.net:443"], config.AllowFunnel!.Keys);
    }
}
