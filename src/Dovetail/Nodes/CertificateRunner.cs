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
    NodeDependencies dependencies, NodePaths paths, ILocalApi api, NodeFactsStore facts, Action<ServerCertificate> use)
{
    private readonly ILogger _logger = dependencies.Loggers.CreateLogger<CertificateRunner>();
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
    }

    private async Task GetAsync(string domain, CancellationToken cancellationToken)
    {
        var now = dependencies.Time.GetUtcNow();
        var cached = CachedCertificate.Read(paths.State, domain) is { } kept && kept.NotAfter > now ? kept : null;
        var renews = cached is not null && CertificateDecision.IsDue(cached.NotBefore, cached.NotAfter, now);
        // One that tailscaled has already costs the CA nothing, so it must not wait behind orders that hang.
        using var place = cached is not null && !renews ? null : await dependencies.Certificates.EnterAsync(cancellationToken);
        await CallAsync(domain, cancellationToken);
        if (renews && await RenewedAsync(domain, cached!, cancellationToken))
        {
            await CallAsync(domain, cancellationToken);
        }
    }

    private async Task CallAsync(string domain, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(dependencies.Options.Timings.Certificate);
        var certificate = CertificatePair.Read(await api.GetCertificateAsync(domain, deadline.Token));
        use(certificate);
        facts.Change(known => known with { Certificate = Taken(known.Certificate, domain, certificate) });
    }

    // The call has returned the old one and begun a renewal behind it (05-cert/renewal.txt). Asking again would begin another
    // whenever this one has failed, so the file is watched; and the place is kept, because an order is under way.
    private async Task<bool> RenewedAsync(string domain, CachedCertificate old, CancellationToken cancellationToken)
    {
        var until = CertificateDecision.RenewalDeadline(old.NotAfter, dependencies.Time.GetUtcNow(), dependencies.Options.Timings);
        while (dependencies.Time.GetUtcNow() < until)
        {
            await Task.Delay(Look, dependencies.Time, cancellationToken);
            if (CachedCertificate.Read(paths.State, domain) is { } cached && cached.Thumbprint != old.Thumbprint)
            {
                return true;
            }
        }

        return false;
    }

    private CertificateFacts Taken(CertificateFacts before, string domain, ServerCertificate certificate)
    {
        var (notBefore, notAfter) = (certificate.Leaf.NotBefore.ToUniversalTime(), certificate.Leaf.NotAfter.ToUniversalTime());
        var isNew = before.Name != domain || before.NotAfter != notAfter;
        if (isNew)
        {
            Log.Taken(_logger, facts.Current.Service.Name, domain, notAfter);
        }

        var now = dependencies.Time.GetUtcNow();
        var renewals = CertificateDecision.IsDue(notBefore, notAfter, now) ? (isNew ? 0 : before.Renewals) + 1 : 0;
        return new CertificateFacts
        {
            Name = domain,
            NotBefore = notBefore,
            NotAfter = notAfter,
            Renewals = renewals,
            NextCall = CertificateDecision.NextCall(notBefore, notAfter, now, renewals, dependencies.Options.Timings, dependencies.Random.NextDouble()),
        };
    }

    private CertificateFacts Failed(CertificateFacts before, Exception failed)
    {
        var refusal = failed as LocalApiException;
        var limited = refusal?.Status == HttpStatusCode.TooManyRequests
            || failed.Message.Contains("rateLimited", StringComparison.OrdinalIgnoreCase)
            || failed.Message.Contains("429", StringComparison.Ordinal);
        var failures = before.Failures + 1;
        var wait = Backoff.Wait(failures, FirstRetry, dependencies.Options.Timings.CertificateRetryMax, dependencies.Random.NextDouble());
        var asked = refusal?.RetryAfter ?? TimeSpan.Zero;
        var reason = failed is OperationCanceledException
            ? $"no answer within {dependencies.Options.Timings.Certificate.TotalSeconds:0} s"
            : failed.Message;
        var after = before with
        {
            Failures = failures,
            Error = reason,
            RateLimited = limited,
            NextCall = dependencies.Time.GetUtcNow() + (asked > wait ? asked : wait),
        };
        Log.Failed(_logger, facts.Current.Service.Name, reason, after.NextCall);
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
