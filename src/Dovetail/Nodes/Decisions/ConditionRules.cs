using System.Collections.Immutable;
using System.Globalization;
using Dovetail.Nodes.Facts;
using Dovetail.Services.Model;
using Dovetail.Tailscale;

namespace Dovetail.Nodes.Decisions;

/// <summary>Reads off the facts what a person should know about the node.</summary>
internal static class ConditionRules
{
    private static readonly TimeSpan SlowOrder = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SlowRenewal = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ExpiryNotice = TimeSpan.FromDays(14);

    public static ImmutableArray<Condition> Read(NodeFacts facts, DateTimeOffset now) =>
        [.. Daemon(facts), .. Login(facts, now), .. Connection(facts, now), .. Https(facts, now), .. UpstreamConditions.Of(facts)];

    private static IEnumerable<Condition> Daemon(NodeFacts facts)
    {
        if (facts.Listener.Error is { } error)
        {
            yield return Conditions.ListenerFailed(error);
        }

        if (facts.Supervision.StateMovedTo is { } aside)
        {
            yield return Conditions.StateMovedAside(aside, facts.Identity.AdminPlace);
        }

        if (facts.Login.IsCutOff)
        {
            yield return Conditions.MachineRemoved();
        }

        if (facts.Supervision.StateError is { } stateError)
        {
            yield return Conditions.StateUnusable(stateError);
        }
        else if (facts.Supervision.Down is { } down)
        {
            yield return Conditions.TailscaledEnded(down.How, down.RetryAt, facts.Service.Name);
        }
        else if (facts.Daemon.IsSilent)
        {
            yield return Conditions.TailscaledSilent();
        }
    }

    private static IEnumerable<Condition> Login(NodeFacts facts, DateTimeOffset now)
    {
        var url = facts.Tailnet.LoginUrl;
        if (facts.Tailnet.Backend == BackendState.NeedsMachineAuth)
        {
            yield return Conditions.NeedsApproval(facts.Identity.AdminPlace);
        }
        else if (facts.Tailnet.Backend == BackendState.NeedsLogin)
        {
            if (facts.Tailnet.Status?.Self?.KeyExpiry is { } expiry && expiry <= now)
            {
                yield return Conditions.MachineKeyExpired(expiry, facts.Identity.AdminPlace);
            }

            // A login that begins at once is no news: its URL comes a moment later.
            if (url is not null
                || (facts is { Login.Key: null, IsLoggingIn: false, Tailnet.Prefs: not null } && LoginDecision.Decide(facts, now) is null))
            {
                yield return Conditions.NeedsLogin(url);
            }
        }

        if (facts.Tailnet.Backend != BackendState.Running
            && facts.Login is { IsKeyRefused: true, Failure: { Kind: TailscaleError.KeyRefused } refused })
        {
            yield return Conditions.KeyRejected(refused.Text);
        }
        else if (LoginError(facts) is { } error)
        {
            yield return Named(error, facts.Service.Name);
        }
    }

    private static IEnumerable<Condition> Connection(NodeFacts facts, DateTimeOffset now)
    {
        if (facts.Tailnet is { IsRunning: true, Status.Self: { } self })
        {
            // Health names the loss only after nine minutes; Online says it at once (recorded).
            if (!self.Online && !facts.Login.IsCutOff && LoginError(facts) is null)
            {
                yield return Conditions.ControlUnreachable(null);
            }

            if (self.KeyExpiry is { } expiry && expiry > now && expiry - now < ExpiryNotice)
            {
                yield return Conditions.MachineKeyExpiring(expiry, facts.Identity.AdminPlace);
            }

            if (facts is { IsNameTaken: true, Tailnet.DnsName: { } name })
            {
                var predecessor = PredecessorOf(facts);
                yield return Conditions.NameTaken(facts.Service.Name, name, facts.Identity.AdminPlace, predecessor, facts.LosesState);
            }
        }

        foreach (var warning in facts.Tailnet.Warnings.Values.OrderBy(static warning => warning.WarnableCode, StringComparer.Ordinal))
        {
            var text = warning.Text ?? "";
            if (warning.WarnableCode == TailscaleErrors.RelayWarning && facts.Tailnet.Backend == BackendState.Running)
            {
                yield return Conditions.RelayUnreachable(text);
            }
            else if (TailscaleErrors.SaysTailnetLock(text))
            {
                yield return Conditions.TailnetLock(text);
            }
        }

        if (facts.Serve.Error is { } serveError)
        {
            yield return Conditions.ServeFailed(serveError, facts.Service.Name);
        }
    }

    private static IEnumerable<Condition> Https(NodeFacts facts, DateTimeOffset now)
    {
        var certificate = facts.Certificate;
        var serving = certificate.Serves(now);
        if (certificate.Name is not null && !serving)
        {
            yield return Conditions.CertificateExpired(certificate.NotAfter);
        }

        if (facts is { Tailnet: { IsRunning: true, CertificateDomain: null }, Service: { Http: true, Tls: not TlsMode.Off } })
        {
            yield return Conditions.HttpsNotEnabled(facts.Service.Tls == TlsMode.On, facts.Identity.ControlUrl is null);
        }
        else if (facts.Activities.TryGetValue(Activity.Certificate, out var began)
            && facts.WantsHttps
            && now - began >= (serving ? SlowRenewal : SlowOrder))
        {
            yield return Conditions.CertificateSlow(serving, facts.Service.Name);
        }
        else if (certificate.Error is { } error && facts.WantsHttps)
        {
            yield return certificate.RateLimited
                ? Conditions.CertificateRateLimited(error, certificate.NextCall, serving)
                : Conditions.CertificateFailed(error, certificate.NextCall, serving);
        }
    }

    // What makes it likely that the name is the service's own former machine's; null: nothing does.
    private static string? PredecessorOf(NodeFacts facts) => facts switch
    {
        { LosesState: true } => "the other machine is probably this service's former one, whose state went with Dovetail's container",
        { Supervision.StateMovedTo: not null } => "the other machine is this service's former one, whose state could not be read",
        { Tailnet.NameHolder: { IsOnline: false, HasSameOwner: true } holder } =>
            $"the other machine is of the same owner and offline{Since(holder.LastSeen)}: probably this service's former one, whose state "
                + "was lost",
        _ => null,
    };

    private static string Since(DateTimeOffset? seen) =>
        seen is { } at ? $" since {at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)}" : "";

    // A refusal that `up` does not report stands in Health only (recorded for tags, and for a running node that is given a bad key).
    private static string? LoginError(NodeFacts facts)
    {
        if (facts.Tailnet.Warnings.ContainsKey(TailscaleErrors.LoginWarning))
        {
            return facts.Tailnet.LoginError;
        }

        var failed = facts.Tailnet.Backend != BackendState.Running ? facts.Login.Failure : null;
        return failed is { Kind: not TailscaleError.TimedOut } ? failed.Text : null;
    }

    private static Condition Named(string error, string service) => TailscaleErrors.KindOf(error) switch
    {
        TailscaleError.StateUnusable => Conditions.StateUnusable(error),
        TailscaleError.TagsNeeded => Conditions.TagsNeeded(),
        TailscaleError.TagsRefused => Conditions.TagsNotPermitted(error),
        TailscaleError.KeyRefused => Conditions.KeyRejected(error),
        TailscaleError.RateLimited => Conditions.ControlRateLimited(error),
        TailscaleError.ControlUnreachable => Conditions.ControlUnreachable(error),
        _ => Conditions.LoginFailed(error, service),
    };
}
