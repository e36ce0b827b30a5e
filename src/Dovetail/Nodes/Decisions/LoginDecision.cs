using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;

namespace Dovetail.Nodes.Decisions;

/// <summary>Whether, and how, a node is to be logged in now.</summary>
internal static class LoginDecision
{
    /// <returns><see cref="Activity.Up"/>, <see cref="Activity.UpWithKey"/> or <see cref="Activity.StopRetries"/>; null: nothing.</returns>
    public static Activity? Decide(NodeFacts facts, DateTimeOffset now)
    {
        if (facts.IsLoggingIn || facts.Tailnet is not { Backend: { } backend, Prefs: { } prefs })
        {
            return null;
        }

        return backend switch
        {
            BackendState.NeedsLogin => LogIn(facts, now),
            // Stopped by Dovetail itself, to end the tries with a refused key: there it waits for another one.
            BackendState.Stopped when facts.Login is { RefusedKey: not null, Key: not null } => LogIn(facts, now),
            // Somebody ran `tailscale down`: up again, without a key, which could only do harm.
            BackendState.Stopped => UpAgain(facts, now),
            BackendState.Running or BackendState.Starting or BackendState.NeedsMachineAuth when !facts.Identity.Matches(prefs) =>
                ApplyIdentity(facts, prefs, now),
            // With state, and no answer from the control server that the state names (recorded): left alone it would ask that one for ever.
            BackendState.NoState when facts.Tailnet.Status?.HaveNodeKey == true && !facts.Identity.SameControlServer(prefs) =>
                ApplyIdentity(facts, prefs, now),
            _ => null,
        };
    }

    /// <summary>Whether an <c>up</c> that waits for somebody to log in is in the way of a key that has come meanwhile.</summary>
    public static bool ShouldCancelPendingUp(NodeFacts facts) =>
        facts.Does(Activity.Up) && facts is { Tailnet.Backend: BackendState.NeedsLogin, Login: { Key: not null, IsKeyRefused: false } };

    private static Activity? LogIn(NodeFacts facts, DateTimeOffset now)
    {
        // tailscaled registers again by itself as soon as it may; another `up` would make it ask at once, against the server's wish.
        if (facts is { Daemon.LastAppliedIdentity: { } applied, Tailnet.LoginError: { } error }
            && applied == facts.Identity
            && TailscaleErrors.KindOf(error) == TailscaleError.RateLimited)
        {
            return null;
        }

        var login = facts.Login;
        if (login.IsKeyRefused && facts.Daemon.RetriesRefusedKey)
        {
            return Activity.StopRetries;
        }

        if (login.Key is not null && (!login.IsKeyRefused || now >= login.RefusedUntil))
        {
            // A new key need not wait for what the old one has brought about.
            return now >= login.RetryAt || (login.RefusedKey is not null && !login.IsKeyRefused) ? Activity.UpWithKey : null;
        }

        // Each `up` makes a new URL, so the one that is shown stays good as long as there is one (recorded).
        return login.Key is null && facts.Tailnet.LoginUrl is null ? UpAgain(facts, now) : null;
    }

    private static Activity? ApplyIdentity(NodeFacts facts, IpnPrefs prefs, DateTimeOffset now)
    {
        // Applied already and yet different: the node did not take it; applying it again and again would not help.
        if (facts.Daemon.LastAppliedIdentity == facts.Identity && facts.Login.Failure is null)
        {
            return null;
        }

        // Another control server means another machine there: that takes a login, with the key if there is one.
        return now < facts.Login.RetryAt ? null
            : !facts.Identity.SameControlServer(prefs) && facts.Login.Key is not null ? Activity.UpWithKey
            : Activity.Up;
    }

    private static Activity? UpAgain(NodeFacts facts, DateTimeOffset now) => now >= facts.Login.RetryAt ? Activity.Up : null;
}
