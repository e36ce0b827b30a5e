using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using Dovetail.Common;
using Dovetail.Nodes.Decisions;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Proxy.Connections;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Gets a node's certificate by <c>tailscale cert</c>, puts it to use, and remembers when to ask again.</summary>
/// <remarks>
/// Key and chain come on the command's standard output: no file is left behind, and no argument, log or message holds the key.
/// Ending the command cancels the order, so it has one long deadline and runs beside everything else.
/// </remarks>
internal sealed partial class CertificateRunner(
    NodeDependencies dependencies, NodePaths paths, NodeFactsStore facts, Action<ServerCertificate> use)
{
    private const int OrdersAtATime = 2;

    // A chain with its key has a few kilobytes.
    private const int MaxPem = 256 * 1024;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);

    private readonly ILogger _logger = dependencies.Loggers.CreateLogger<CertificateRunner>();

    /// <summary>Lets two orders of all nodes through at a time: CAs limit them per account and per tailnet.</summary>
    public static RateLimiter NewOrderLimit() => new ConcurrencyLimiter(new ConcurrencyLimiterOptions
    {
        PermitLimit = OrdersAtATime,
        QueueLimit = int.MaxValue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <param name="domain">The name to get a certificate for.</param>
    /// <exception cref="OperationCanceledException">Cancelled; an order that was under way is too.</exception>
    public async Task RunAsync(string domain, CancellationToken cancellationToken)
    {
        if (await GetAsync(domain, cancellationToken) is { } failure)
        {
            facts.Change(known => known with { Certificate = Failed(known.Certificate, domain, failure) });
        }
    }

    private async Task<CertFailure?> GetAsync(string domain, CancellationToken cancellationToken)
    {
        var now = dependencies.Time.GetUtcNow();
        if (CachedCertificate.Read(paths.State, domain) is not { } cached || cached.NotAfter <= now)
        {
            return await OrderAsync(domain, TimeSpan.Zero, cancellationToken);
        }

        // What tailscaled has already is answered at once, so it must not wait behind orders that hang.
        var isDue = CertificateDecision.IsDue(cached.NotBefore, cached.NotAfter, now);
        var inUse = facts.Current.Certificate;
        var isInUse = inUse.Name == domain && inUse.NotAfter == cached.NotAfter;
        if (!(isDue && isInUse) && await CallAsync(domain, TimeSpan.Zero, isOrder: false, cancellationToken) is { } failure)
        {
            return failure;
        }

        // A renewal that fails is an error, and the certificate in use stays in use.
        var minValidity = CertificateDecision.MinValidity(cached.NotBefore, cached.NotAfter);
        return isDue ? await OrderAsync(domain, minValidity, cancellationToken) : null;
    }

    private async Task<CertFailure?> OrderAsync(string domain, TimeSpan minValidity, CancellationToken cancellationToken)
    {
        using var place = await dependencies.CertificateOrders.AcquireAsync(1, cancellationToken);
        // Others' orders may have taken minutes; an order for nothing counts at the CA as well.
        if (facts.Current is not { WantsHttps: true } latest || latest.Tailnet.CertificateDomain != domain)
        {
            return null;
        }

        return await CallAsync(domain, minValidity, isOrder: true, cancellationToken);
    }

    /// <returns>Null: a certificate was taken into use.</returns>
    private async Task<CertFailure?> CallAsync(string domain, TimeSpan minValidity, bool isOrder, CancellationToken cancellationToken)
    {
        var pem = new StringBuilder();
        try
        {
            var result = await dependencies.Command.RunAsync(
                TailscaleArguments.Cert(paths.Socket, domain, minValidity),
                dependencies.Options.Timings.Certificate,
                line => pem.Append(pem.Length < MaxPem ? $"{line}\n" : ""),
                cancellationToken);
            if (!result.Succeeded)
            {
                return CertFailure.From(result.Error);
            }

            var certificate = CertificatePair.Read(pem.ToString());
            use(certificate);
            facts.Change(known => known with { Certificate = Taken(known.Certificate, domain, certificate, isOrder) });
            return null;
        }
        catch (Exception failed) when (failed is ChildStartException or CryptographicException)
        {
            return new CertFailure(failed.Message);
        }
    }

    private CertificateFacts Taken(CertificateFacts before, string domain, ServerCertificate certificate, bool isOrder)
    {
        var notBefore = new DateTimeOffset(certificate.Leaf.NotBefore.ToUniversalTime());
        var notAfter = new DateTimeOffset(certificate.Leaf.NotAfter.ToUniversalTime());
        var isNew = before.Name != domain || before.NotAfter != notAfter;
        if (isNew)
        {
            Log.Taken(_logger, facts.Current.Service.Name, domain, notAfter);
        }

        var now = dependencies.Time.GetUtcNow();
        // An order may bring one that is due at once, and then the next order must wait all the same.
        var renewals = CertificateDecision.IsDue(notBefore, notAfter, now) ? (isNew ? 0 : before.Renewals) + (isOrder ? 1 : 0) : 0;
        return new CertificateFacts
        {
            Name = domain,
            NotBefore = notBefore,
            NotAfter = notAfter,
            Renewals = renewals,
            NextCall = NextRenewal(notBefore, notAfter, now, renewals),
        };
    }

    private CertificateFacts Failed(CertificateFacts before, string domain, CertFailure failure)
    {
        var now = dependencies.Time.GetUtcNow();
        var after = before with { Error = failure.Text, RateLimited = failure.RateLimited };
        if (before.Name == domain && now < before.NotAfter && CertificateDecision.IsDue(before.NotBefore, before.NotAfter, now))
        {
            // The certificate in use gives time: several tries before its end, but not many.
            var renewals = before.Renewals + 1;
            after = after with { Renewals = renewals, NextCall = NextRenewal(before.NotBefore, before.NotAfter, now, renewals) };
        }
        else
        {
            var failures = before.Failures + 1;
            var longest = dependencies.Options.Timings.CertificateRetryMax;
            var wait = Backoff.Wait(failures, FirstRetry, longest, dependencies.Random.NextDouble());
            after = after with { Failures = failures, NextCall = now + wait };
        }

        if (failure.RetryAt > after.NextCall)
        {
            after = after with { NextCall = failure.RetryAt.Value };
        }

        Log.Failed(_logger, facts.Current.Service.Name, failure.Text, after.NextCall);
        return after;
    }

    private DateTimeOffset NextRenewal(DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset now, int renewals) =>
        CertificateDecision.NextCall(notBefore, notAfter, now, renewals, dependencies.Options.Timings, dependencies.Random.NextDouble());

    private static partial class Log
    {
        [LoggerMessage(3301, LogLevel.Information, "{Service}: certificate for {Domain}, valid until {NotAfter:u}")]
        public static partial void Taken(ILogger logger, string service, string domain, DateTimeOffset notAfter);

        [LoggerMessage(3302, LogLevel.Warning, "{Service}: no certificate: {Reason}; next try at {NextTry:u}")]
        public static partial void Failed(ILogger logger, string service, string reason, DateTimeOffset nextTry);
    }
}
