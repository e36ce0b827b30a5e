using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Http;

namespace FakeTailscale.Control;

/// <summary>The certificate authority's front: not ACME, but with its failures (recording cert-acme.txt).</summary>
internal sealed class AcmeApi(Tailnet tailnet, ControlFaults faults, CertificateAuthority authority)
{
    private readonly ConcurrentDictionary<string, int> _issued = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyDictionary<string, int> IssuedByName => _issued;

    public int Issued(string name) => _issued.GetValueOrDefault(name);

    public Task HandleAsync(HttpExchange exchange) => exchange.Request.Path switch
    {
        "/directory" => faults.Acme == AcmeBehavior.Error500
            ? ControlApi.SendAsync(exchange, 500, "acme.GetReg: 500 : internal error\n")
            : ControlApi.SendAsync(exchange, 200, "{}"),
        "/new-order" => OrderAsync(exchange),
        _ => ControlApi.SendAsync(exchange, 404, "404 page not found\n"),
    };

    private async Task OrderAsync(HttpExchange exchange)
    {
        CancellationToken gone = exchange.WatchForDisconnect();
        switch (faults.Acme)
        {
            case AcmeBehavior.RateLimited429:
                await ControlApi.SendAsync(
                    exchange,
                    429,
                    "429 urn:ietf:params:acme:error:rateLimited: Error creating new order :: too many certificates (5) already issued "
                        + "for this exact set of domains in the last 168 hours: see https://letsencrypt.org/docs/rate-limits/\n",
                    faults.AcmeRetryAfter is { } wait
                        ? [("Retry-After", ((int)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture))]
                        : []);
                return;
            case AcmeBehavior.RefuseChallenge:
                await ControlApi.SendAsync(
                    exchange, 403, "Accept: 403 urn:ietf:params:acme:error:rejectedIdentifier: dns TXT record not found\n");
                return;
            case AcmeBehavior.Hang:
                await Task.Delay(Timeout.Infinite, gone);
                return;
            case AcmeBehavior.Slow:
                await Task.Delay(faults.AcmeDelay, gone);
                break;
        }

        using JsonDocument body = JsonDocument.Parse(exchange.Request.Body);
        string name = body.RootElement.Text("name");
        if (!tailnet.MayHaveCertificate(name))
        {
            await ControlApi.SendAsync(
                exchange, 403, "Accept: 403 urn:ietf:params:acme:error:rejectedIdentifier: dns TXT record not found\n");
            return;
        }

        byte[] publicKey = body.RootElement.GetProperty("publicKey").GetBytesFromBase64();
        string chain = authority.Issue(name, publicKey, faults.CertificateBackDating, faults.CertificateLifetime);
        _issued.AddOrUpdate(name, 1, static (_, count) => count + 1);
        await ControlApi.SendAsync(exchange, 200, chain);
    }
}
