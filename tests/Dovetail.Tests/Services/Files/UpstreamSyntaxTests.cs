using Dovetail.Services.Files;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Services.Files;

public sealed class UpstreamSyntaxTests
{
    [Theory]
    [InlineData("http://192.168.1.10:8123", "Http", "192.168.1.10", 8123)]
    [InlineData("http://192.168.1.10", "Http", "192.168.1.10", 80)]
    [InlineData("HTTPS://Nas.Lan/", "Https", "nas.lan", 443)]
    [InlineData("https+insecure://[fd00::A]:8443", "HttpsInsecure", "fd00::a", 8443)]
    [InlineData("h2c://grpc_server:50051", "H2c", "grpc_server", 50051)]
    [InlineData("http://bücher.example", "Http", "xn--bcher-kva.example", 80)]
    [InlineData("http://localhost:3000", "Http", "localhost", 3000)]
    [InlineData("http://127.0.0.1:3000", "Http", "127.0.0.1", 3000)]
    [InlineData("http://[::ffff:192.168.1.10]:80", "Http", "192.168.1.10", 80)]
    public void An_address_is_read(string text, string scheme, string host, int port)
    {
        Assert.Null(UpstreamSyntax.ReadUrl(text, out var upstream));

        Assert.Equal(new FileUpstream(Enum.Parse<UpstreamScheme>(scheme), host, port), upstream);
    }

    [Theory]
    [InlineData("192.168.1.10:8123", "did you mean http://192.168.1.10:8123?")]
    [InlineData("nas.lan", "did you mean http://nas.lan?")]
    [InlineData("", "allowed is http://")]
    [InlineData("ftp://nas.lan", "allowed is http://")]
    [InlineData("tcp://nas.lan:22", "raw TCP is written as tcp:")]
    [InlineData("http://", "the host is no host name")]
    [InlineData("http://nas.lan:", "after the host comes a colon and a port")]
    [InlineData("http://nas.lan:0", "a port number from 1 to 65535")]
    [InlineData("http://nas.lan:65536", "a port number from 1 to 65535")]
    [InlineData("http://nas.lan/admin", "it holds more than a host and a port")]
    [InlineData("http://nas.lan?a", "it holds more than a host and a port")]
    [InlineData("http://user@nas.lan", "the host is no host name")]
    [InlineData("http://fd00::10", "an IPv6 address stands in brackets")]
    [InlineData("http://[192.168.1.10]", "only an IPv6 address stands in brackets")]
    [InlineData("http://[fe80::1%eth0]", "without a zone")]
    [InlineData("http://0x7f.1", "four decimal numbers")]
    [InlineData("http://2130706433", "four decimal numbers")]
    [InlineData("http://127.83.10.20:8443", "Dovetail's own listeners")]
    [InlineData("http://[::ffff:127.83.1.1]", "Dovetail's own listeners")]
    [InlineData("http://0.0.0.0:80", "no address of a machine")]
    [InlineData("http://[::]", "no address of a machine")]
    [InlineData("http://255.255.255.255", "no address of one machine")]
    [InlineData("http://169.254.169.254", "metadata service")]
    [InlineData("http://[fd00:ec2::254]", "metadata service")]
    [InlineData("http://Metadata.Google.Internal.", "metadata service")]
    [InlineData("http://two words", "the host is no host name")]
    [InlineData("http://a\nb", "the host is no host name")]
    public void What_is_none_or_leads_in_a_circle_is_refused_with_the_reason(string text, string expected) =>
        Assert.Contains(expected, UpstreamSyntax.ReadUrl(text, out _), StringComparison.Ordinal);

    [Theory]
    [InlineData("192.168.1.20:5432", null, "192.168.1.20", 5432)]
    [InlineData("[fd00::1]:22", null, "fd00::1", 22)]
    [InlineData("22", "nas.lan", "nas.lan", 22)]
    public void Raw_tcp_takes_host_and_port(string text, string? sameHost, string host, int port)
    {
        Assert.Null(UpstreamSyntax.ReadTcp(text, sameHost, out var readHost, out var readPort));
        Assert.Equal((host, port), (readHost, readPort));
    }

    [Theory]
    [InlineData("22")]
    [InlineData("nas.lan")]
    [InlineData("fd00::1")]
    [InlineData("127.83.1.1:80")]
    [InlineData("")]
    public void Raw_tcp_without_host_and_port_is_refused(string text) => Assert.NotNull(UpstreamSyntax.ReadTcp(text, null, out _, out _));
}
