using Dovetail.Common;
using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;

namespace Dovetail.Nodes.Decisions;

/// <summary>Whether a certificate is to be asked for now. tailscaled renews none by itself for a TCPForward (recorded).</summary>
internal static class CertificateDecision
{
    private static readonly TimeSpan SoonestCall = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestRenewal = TimeSpan.FromSeconds(5);

    /// <returns>The name to ask for; null: not now.</returns>
    public static string? Decide(NodeFacts facts, DateTimeOffset now)
    {
        var domain = facts.Tailnet.CertificateDomain;
        if (!facts.WantsHttps || domain is null || facts.Tailnet.Backend != BackendState.Running || facts.Does(Activity.Certificate))
        {
            return null;
        }

        // Another name needs another certificate, at once.
        var renamed = facts.Certificate.Name is not null && facts.Certificate.Name != domain && facts.Certificate.Failures == 0;
        return renamed || now >= facts.Certificate.NextCall ? domain : null;
    }

    /// <summary>Whether less than a third of a certificate's life is left: a call returns it and renews it behind.</summary>
    public static bool IsDue(DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset now) => now >= DueAt(notBefore, notAfter);

    /// <summary>When to ask again after a call that succeeded.</summary>
    /// <param name="renewals">How many calls have failed to bring a renewed one since it was due.</param>
    /// <param name="random">In [0, 1): nodes that came up together must not ask together for ever.</param>
    public static DateTimeOffset NextCall(
        DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset now, int renewals, NodeTimingOptions timings, double random)
    {
        var due = DueAt(notBefore, notAfter);
        if (now < due)
        {
            // Up to an eighth sooner than twice a day.
            var check = now + (timings.CertificateCheck * (1 - (random / 8)));
            return check < due ? check : due;
        }

        // Each call begins another order, which a CA in trouble should not see too often; yet there must be several before the end.
        var wait = Backoff.Wait(renewals, timings.CertificateRenewal, timings.CertificateRetryMax, random);
        var least = Least(wait, (notAfter - now) / 8);
        return now + (least > SoonestCall ? least : SoonestCall);
    }

    /// <summary>How long to wait for what a call has begun: at most while the old certificate serves, and not for most of that.</summary>
    public static DateTimeOffset RenewalDeadline(DateTimeOffset notAfter, DateTimeOffset now, NodeTimingOptions timings)
    {
        var left = notAfter - now;
        var share = left / 8;
        return now + Least(Least(timings.CertificateRenewal, share > ShortestRenewal ? share : ShortestRenewal), left);
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static DateTimeOffset DueAt(DateTimeOffset notBefore, DateTimeOffset notAfter) => notAfter - ((notAfter - notBefore) / 3);
}
