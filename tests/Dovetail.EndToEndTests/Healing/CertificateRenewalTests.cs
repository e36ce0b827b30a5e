using System.Text;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>
/// Certificates that live for seconds: the authority dates them an hour back, so that they are in the last third of their life from
/// the start (the real daemon's renewals were recorded in the same way).
/// </summary>
public sealed class CertificateRenewalTests(NewestHealing fixture) : HealingTest(fixture), IClassFixture<NewestHealing>
{
    // Its answer ends with its head.
    private const string Request = "HEAD / HTTP/1.1\r\nHost: renewed\r\n\r\n";

    [Fact(Timeout = 300_000)]
    public async Task A_certificate_that_is_due_is_replaced_under_an_open_connection()
    {
        await Control.SetAcmeAsync(Acme.Ok, lifetime: TimeSpan.FromMinutes(1));
        await using var container = await Fixture.ReadyServiceAsync("renewed");
        var name = (await Fixture.MachineAsync("renewed")).DnsName;
        await using var open = await Fixture.Peer.SecureAsync(name, Cancellation);
        var first = open.RemoteCertificate!.GetSerialNumberString();
        Assert.StartsWith("HTTP/1.1 200", await ExchangeAsync(open), StringComparison.Ordinal);

        await Control.SetAcmeAsync(Acme.Ok, lifetime: TimeSpan.FromDays(90));
        await Daemon.ServiceAsync(
            "renewed",
            seen => seen.Certificate!.NotAfter > TimeProvider.System.GetUtcNow().AddDays(1),
            "a certificate for months",
            HealingFixture.HealedWithin);

        Assert.StartsWith("HTTP/1.1 200", await ExchangeAsync(open), StringComparison.Ordinal);
        await using var next = await Fixture.Peer.SecureAsync(name, Cancellation);
        Assert.NotEqual(first, next.RemoteCertificate!.GetSerialNumberString());
        // More only where a second short one came between.
        Assert.InRange(await Control.CertificatesAsync(name), 2, 4);
    }

    // Recorded with 1.96.5: a certificate that is due but valid is answered from disk, an expired one is an error until the authority is
    // back.
    [Fact(Timeout = 300_000)]
    public async Task A_certificate_that_cannot_be_renewed_is_served_to_its_end_and_replaced_once_the_authority_is_back()
    {
        await Control.SetAcmeAsync(Acme.Ok, lifetime: TimeSpan.FromSeconds(25));
        await using var container = await Fixture.ReadyServiceAsync("overdue");
        await Control.SetAcmeAsync(Acme.Down);

        // Of a renewal that had begun before there may be another. The machine's clock and the certificate's end in whole seconds leave a
        // moment in which neither can be asserted.
        while (TimeProvider.System.GetUtcNow() < await EndAsync() - TimeSpan.FromSeconds(5))
        {
            await Fixture.AnswersAsync("overdue");
        }

        await Fixture.NamedAsync("overdue", "certificate-expired", seen => seen.State == "CertPending", HealingFixture.HealedWithin);

        await Control.SetAcmeAsync(Acme.Ok, lifetime: TimeSpan.FromDays(90));
        await Fixture.HealedAsync("overdue", "certificate-expired");

        async Task<DateTimeOffset> EndAsync() =>
            (await Daemon.StatusAsync(Cancellation)).Find("overdue")!.Certificate?.NotAfter ?? DateTimeOffset.MinValue;
    }

    private static async Task<string> ExchangeAsync(Stream stream)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(Request), Cancellation);
        var buffer = new byte[4096];
        var answer = new StringBuilder();
        while (!answer.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer, Cancellation);
            Assert.NotEqual(0, read);
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return answer.ToString();
    }
}
