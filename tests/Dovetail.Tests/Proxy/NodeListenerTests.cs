using System.Net;
using System.Net.Sockets;
using Dovetail.Proxy.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy;

public sealed class NodeListenerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_peer_reaches_the_container_over_https(string version)
    {
        await using var upstream = await TestUpstream.StartAsync(
            context => context.Response.WriteAsync($"hello from {context.Request.Path}", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version));

        using var response = await client.GetAsync("a/b?c=d", Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("hello from /a/b", await response.Content.ReadAsStringAsync(Token));
        Assert.Equal(Version.Parse(version), response.Version);
    }

    [Fact]
    public async Task The_container_is_told_who_asks()
    {
        await using var upstream = await TestUpstream.StartAsync(Echo.HeadersAsync);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client();

        var seen = await Echo.ReadAsync(client, "/");

        Assert.Equal("ada@example.com", seen["Tailscale-User-Login"]);
        Assert.Equal("Ada Lovelace", seen["Tailscale-User-Name"]);
        Assert.Equal("https://example.com/ada.png", seen["Tailscale-User-Profile-Pic"]);
        Assert.Equal("ada@example.com", seen["X-Tailscale-User"]);
        Assert.Equal("ada@example.com", seen["X-Tailscale-Login"]);
        Assert.Equal("Ada Lovelace", seen["X-Tailscale-Name"]);
        Assert.Equal("example.com", seen["X-Tailscale-Tailnet"]);
        Assert.Equal("100.64.0.7", seen["X-Forwarded-For"]);
        Assert.Equal("100.64.0.7", seen["X-Real-IP"]);
        Assert.Equal("https", seen["X-Forwarded-Proto"]);
        Assert.Equal(TestListener.HostName, seen["X-Forwarded-Host"]);
        Assert.Equal(TestListener.HostName, seen["Host"]);
    }

    [Fact]
    public async Task Port_80_redirects_to_the_full_name()
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service());
        using var client = listener.Client(https: false);

        using var response = await client.GetAsync("http://web/a%2Fb?c=%20d", Token);

        Assert.Equal(HttpStatusCode.PermanentRedirect, response.StatusCode);
        Assert.Equal("https://web.example.ts.net/a%2Fb?c=%20d", response.Headers.GetValues("Location").Single());
    }

    [Fact]
    public async Task Where_https_is_demanded_and_no_certificate_is_issued_port_80_says_so_and_leads_nowhere()
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service(), withCertificate: false);
        using var client = listener.Client(https: false);
        await listener.Listener.UpdateAsync(listener.Config with { LacksCertificate = true });

        using var response = await client.GetAsync("http://web/", Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("the tailnet issues no certificates", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_certificates_port_80_serves_and_port_443_closes()
    {
        await using var upstream = await TestUpstream.StartAsync(Echo.HeadersAsync);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), https: false);
        using var http = listener.Client(https: false);
        using var https = listener.Client();

        var seen = await Echo.ReadAsync(http, "/");

        Assert.Equal("http", seen["X-Forwarded-Proto"]);
        Assert.Equal("ada@example.com", seen["Tailscale-User-Login"]);
        // Cut before or after the client has sent its header.
        var refused = await Record.ExceptionAsync(() => https.GetAsync("/", Token));
        Assert.True(refused is HttpRequestException or IOException or SocketException, $"{refused}");
        await Eventually.TrueAsync(() => listener.Metrics.Refused("no_https") == 1);
    }

    [Fact]
    public async Task A_new_certificate_is_used_from_the_next_handshake_and_open_connections_stay()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        await using var before = await listener.ConnectTlsAsync();
        var renewed = TestCertificate.Create(TestListener.HostName);

        listener.Listener.UseCertificate(renewed);
        await using var after = await listener.ConnectTlsAsync();

        Assert.Equal(renewed.Leaf.GetCertHashString(), after.RemoteCertificate!.GetCertHashString());
        Assert.NotEqual(renewed.Leaf.GetCertHashString(), before.RemoteCertificate!.GetCertHashString());
        var answer = await RawHttp.ExchangeAsync(before, "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_that_comes_before_the_certificate_waits_for_it()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), withCertificate: false);

        var early = listener.ConnectTlsAsync();
        listener.Listener.UseCertificate(TestCertificate.Create(TestListener.HostName));

        await using var stream = await early;
        Assert.True(stream.IsAuthenticated);
    }

    [Fact]
    public async Task A_handshake_without_a_certificate_in_sight_is_closed()
    {
        var options = new ListenerOptions { CertificateWait = TimeSpan.FromMilliseconds(50) };
        await using var listener = await TestListener.StartAsync(TestListener.Service(), options: options, withCertificate: false);

        await Assert.ThrowsAnyAsync<IOException>(() => listener.ConnectTlsAsync());
    }

    [Fact]
    public async Task Two_listeners_have_addresses_of_their_own_and_the_same_ones_after_a_restart()
    {
        // Names of its own: other tests that run beside this one may hold the addresses of theirs.
        var web = TestListener.Service() with { Name = $"mine-{Guid.NewGuid():N}" };
        await using var second = await TestListener.StartAsync(web with { Name = $"other-{Guid.NewGuid():N}" });
        IPAddress first;
        await using (var listener = await TestListener.StartAsync(web))
        {
            first = listener.Listener.Ports.Https.Address;
        }

        await using var again = await TestListener.StartAsync(web);

        Assert.StartsWith("127.83.", first.ToString(), StringComparison.Ordinal);
        Assert.NotEqual(first, second.Listener.Ports.Https.Address);
        Assert.Equal(first, again.Listener.Ports.Https.Address);
    }

    [Fact]
    public async Task A_changed_upstream_serves_the_next_request_of_an_open_connection()
    {
        await using var old = await TestUpstream.StartAsync(context => context.Response.WriteAsync("old", Token), "old");
        await using var next = await TestUpstream.StartAsync(context => context.Response.WriteAsync("new", Token), "new");
        await using var listener = await TestListener.StartAsync(TestListener.Service(old));
        using var client = listener.Client(HttpVersion.Version20);
        Assert.Equal("old", await client.GetStringAsync("/", Token));

        await listener.UpdateAsync(TestListener.Service(next));

        Assert.Equal("new", await client.GetStringAsync("/", Token));
    }
}
