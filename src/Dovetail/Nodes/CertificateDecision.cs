using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Whether a certificate is to be asked for now. tailscaled renews none by itself for a TCPForward (05-cert/renewal.txt).</summary>
internal static class CertificateDecision
{
    /// <returns>The name to ask for; null: not now.</returns>
    public static string? Decide(NodeFacts facts, DateTimeOffset now)
    {
        var domain = facts.CertificateDomain;
        if (!facts.WantsHttps || domain is null || facts.Backend != BackendState.Running || facts.Certificate.Running)
        {
            return null;
        }

        // Another name needs another certificate, at once.
        var renamed = facts.Certificate.Name is not null && facts.Certificate.Name != domain && facts.Certificate.Failures == 0;
        return renamed || now >= facts.Certificate.NextCall ? domain : null;
    }

    /// <summary>When to ask again after a call that succeeded.</summary>
    /// <remarks>
    /// With less than a third of its life left a call returns the old certificate and renews behind it, so the new one
    /// is fetched soon after; until then twice a day is enough.
    /// </remarks>
    public static DateTimeOffset NextCall(DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset now, NodeTimings timings)
    {
        var due = notAfter - ((notAfter - notBefore) / 3);
        if (now >= due)
        {
            return now + timings.CertificateRenewal;
        }

        var check = now + timings.CertificateCheck;
        return check < due ? check : due;
    }
}
