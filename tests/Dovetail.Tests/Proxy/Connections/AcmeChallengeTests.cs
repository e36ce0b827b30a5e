using System.Security.Authentication;
using Dovetail.Tests.Proxy.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Proxy.Connections;

public sealed class AcmeChallengeTests
{
    // RFC 8737; tailscaled 1.100 and newer let the authority try it on a service with Funnel.
    [Fact(Timeout = 60_000)]
    public async Task The_authoritys_challenge_is_refused_and_counted_and_not_logged_as_an_attack()
    {
        var log = new FakeLoggerProvider();
        await using var upstream = await TestUpstream.StartAsync(static _ => Task.CompletedTask);
        var service = TestListener.Service(upstream) with { Funnel = true };
        await using var listener = await TestListener.StartAsync(service, log: log);

        await Assert.ThrowsAnyAsync<Exception>(() => listener.ConnectTlsAsync("acme-tls/1"));

        await Eventually.TrueAsync(() => listener.Metrics.Refused("acme_challenge") == 1);
        Assert.DoesNotContain(log.Collector.GetSnapshot(), line => line.Level >= LogLevel.Warning);
        await using var stream = await listener.ConnectTlsAsync();
        Assert.StartsWith(
            "HTTP/1.1 200",
            await RawHttp.ExchangeAsync(stream, "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"),
            StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_service_without_Funnel_refuses_it_by_TLS_itself()
    {
        await using var upstream = await TestUpstream.StartAsync(static _ => Task.CompletedTask);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));

        await Assert.ThrowsAsync<AuthenticationException>(() => listener.ConnectTlsAsync("acme-tls/1"));

        Assert.Equal(0, listener.Metrics.Refused("acme_challenge"));
    }
}
