using System.Net;
using System.Security.Cryptography;
using Dovetail.Common;
using Dovetail.Nodes.Decisions;
using Dovetail.Nodes.Facts;
using Dovetail.Proxy.Connections;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Gets a node's certificate from its tailscaled, puts it to use, and remembers when to ask again.</summary>
internal sealed partial class CertificateRunner(
    NodeDependencies services, NodePaths paths, LocalApiClient api, NodeFactsStore facts, Action<ServerCertificate> use, ILogger logger)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    public async Task RunAsync(string domain, CancellationToken cancellationToken)
    {
        try
        {
            await GetAsync(domain, cancellationToken);
        }
        catch (Exception failed) when (!cancellationToken.IsCancellationRequested && failed is LocalApiException or CryptographicException or OperationCanceledException)
        {
            facts.Change(known => known with { Certificate = Failed(known.Certificate, failed) });
        }
        finally
        {
            facts.Change(static known => known.Certificate.Running ? known with { Certificate = known.Certificate with { Running = false } } : known);
        }
    }

    private async Task GetAsync(string domain, CancellationToken cancellationToken)
    {
        var now = services.Time.GetUtcNow();
        var cached = CachedCertificate.Read(paths.State, domain) is { } kept && kept.NotAfter > now ? kept : null;
        var renews = cached is not null && CertificateDecision.IsDue(cached.NotBefore, cached.NotAfter, now);
        // One that tailscaled has already costs the CA nothing, so it must not wait behind orders that hang.
        using var place = cached is not null && !renews ? null : await services.Certificates.EnterAsync(cancellationToken);
        await CallAsync(domain, cancellationToken);
        if (renews && await RenewedAsync(domain, cached!, cancellationToken))
        {
            await CallAsync(domain, cancellationToken);
        }
    }

    private async Task CallAsync(string domain, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(services.Settings.Timings.Certificate);
        var certificate = CertificatePair.Read(await api.GetCertificateAsync(domain, deadline.Token));
        use(certificate);
        facts.Change(known => known with { Certificate = Taken(known.Certificate, domain, certificate) });
    }

    // The call has returned the old one and begun a renewal behind it (05-cert/renewal.txt). Asking again would begin another
    // whenever this one has failed, so the file is watched; and the place is kept, because an order is under way.
    private async Task<bool> RenewedAsync(string domain, CachedCertificate old, CancellationToken cancellationToken)
    {
        var until = CertificateDecision.RenewalDeadline(old.NotAfter, services.Time.GetUtcNow(), services.Settings.Timings);
        while (services.Time.GetUtcNow() < until)
        {
            await Task.Delay(Look, services.Time, cancellationToken);
            if (CachedCertificate.Read(paths.State, domain) is { } cached && cached.Thumbprint != old.Thumbprint)
            {
                return true;
            }
        }

        return false;
    }

    private CertificateMemory Taken(CertificateMemory before, string domain, ServerCertificate certificate)
    {
        var (notBefore, notAfter) = (certificate.Leaf.NotBefore.ToUniversalTime(), certificate.Leaf.NotAfter.ToUniversalTime());
        var isNew = before.Name != domain || before.NotAfter != notAfter;
        if (isNew)
        {
            Log.Taken(logger, facts.Current.Service.Name, domain, notAfter);
        }

        var now = services.Time.GetUtcNow();
        var renewals = CertificateDecision.IsDue(notBefore, notAfter, now) ? (isNew ? 0 : before.Renewals) + 1 : 0;
        return new CertificateMemory
        {
            // A renewal may still be waited for.
            Running = before.Running,
            Began = before.Began,
            Name = domain,
            NotBefore = notBefore,
            NotAfter = notAfter,
            Renewals = renewals,
            NextCall = CertificateDecision.NextCall(notBefore, notAfter, now, renewals, services.Settings.Timings, services.Random.NextDouble()),
        };
    }

    private CertificateMemory Failed(CertificateMemory before, Exception failed)
    {
        var refusal = failed as LocalApiException;
        var limited = refusal?.Status == HttpStatusCode.TooManyRequests
            || failed.Message.Contains("rateLimited", StringComparison.OrdinalIgnoreCase)
            || failed.Message.Contains("429", StringComparison.Ordinal);
        var failures = before.Failures + 1;
        var wait = Backoff.Wait(failures, FirstRetry, services.Settings.Timings.CertificateRetryMax, services.Random.NextDouble());
        var asked = refusal?.RetryAfter ?? TimeSpan.Zero;
        var reason = failed is OperationCanceledException
            ? $"no answer within {services.Settings.Timings.Certificate.TotalSeconds:0} s"
            : failed.Message;
        var after = before with
        {
            Running = false,
            Failures = failures,
            Error = reason,
            RateLimited = limited,
            NextCall = services.Time.GetUtcNow() + (asked > wait ? asked : wait),
        };
        Log.Failed(logger, facts.Current.Service.Name, reason, after.NextCall);
        return after;
    }

    private static partial class Log
    {
        [LoggerMessage(3301, LogLevel.Information, "{Service}: certificate for {Domain}, valid until {NotAfter:u}")]
        public static partial void Taken(ILogger logger, string service, string domain, DateTimeOffset notAfter);

        [LoggerMessage(3302, LogLevel.Warning, "{Service}: no certificate: {Reason}; next try at {NextTry:u}")]
        public static partial void Failed(ILogger logger, string service, string reason, DateTimeOffset nextTry);
    }
}
