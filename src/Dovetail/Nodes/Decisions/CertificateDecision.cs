using Dovetail.Common;
using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;

namespace Dovetail.Nodes.Decisions;

/// <summary>Whether a certificate is to be asked for now. tailscaled renews none by itself for a TCPForward.</summary>
internal static class CertificateDecision
{
    private static readonly TimeSpan SoonestCall = TimeSpan.FromSeconds(1);

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

    /// <summary>Whether less than a third of a certificate's life is left.</summary>
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

    /// <summary>
    /// What to demand of a renewal: more than is left of a certificate that is due, and less than the authority gives.
    /// Demanding more than it gives would order a new one at every call.
    /// </summary>
    /// <returns>A third of the certificate's life, and a second for those that are due right now; whole seconds.</returns>
    public static TimeSpan MinValidity(DateTimeOffset notBefore, DateTimeOffset notAfter) =>
        TimeSpan.FromSeconds(Math.Ceiling((notAfter - notBefore).TotalSeconds / 3) + 1);

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static DateTimeOffset DueAt(DateTimeOffset notBefore, DateTimeOffset notAfter) => notAfter - ((notAfter - notBefore) / 3);
}
