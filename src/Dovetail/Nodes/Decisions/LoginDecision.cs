using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;

namespace Dovetail.Nodes.Decisions;

/// <summary>Whether, and how, a node is to be logged in now.</summary>
internal static class LoginDecision
{
    public static LoginAction Decide(NodeFacts facts, DateTimeOffset now)
    {
        if (facts.Login.Running != LoginAction.None || facts is not { Backend: { } backend, Prefs: { } prefs })
        {
            return LoginAction.None;
        }

        return backend switch
        {
            BackendState.NeedsLogin => LogIn(facts, now),
            // Stopped by Dovetail itself, to end the tries with a refused key: there it waits for another one.
            BackendState.Stopped when facts.Login.RefusedKey is not null && facts.Key is not null => LogIn(facts, now),
            // Somebody ran `tailscale down`: up again, without a key, which could only do harm.
            BackendState.Stopped => Again(facts, now),
            BackendState.Running or BackendState.Starting or BackendState.NeedsMachineAuth when !facts.Identity.Matches(prefs) => ApplyIdentity(facts, prefs, now),
            _ => LoginAction.None,
        };
    }

    /// <summary>Whether an <c>up</c> that waits for somebody to log in is in the way of a key that has come meanwhile.</summary>
    public static bool ShouldCancelPendingUp(NodeFacts facts) =>
        facts is { Login.Running: LoginAction.Up, Backend: BackendState.NeedsLogin, Key: { } key } && key != facts.Login.RefusedKey;

    private static LoginAction LogIn(NodeFacts facts, DateTimeOffset now)
    {
        var login = facts.Login;
        var refused = facts.Key is not null && facts.Key == login.RefusedKey;
        if (refused && login.RetriesGoOn)
        {
            return LoginAction.Restart;
        }

        if (facts.Key is not null && (!refused || now >= login.RefusedUntil))
        {
            // A new key need not wait for what the old one has brought about.
            return now >= login.RetryAt || (login.RefusedKey is not null && !refused) ? LoginAction.UpWithKey : LoginAction.None;
        }

        // Each `up` makes a new URL, so the one that is shown stays good as long as there is one (02-up/interactive-login.txt).
        return facts.Key is null && facts.CurrentLoginUrl is null ? Again(facts, now) : LoginAction.None;
    }

    private static LoginAction ApplyIdentity(NodeFacts facts, IpnPrefs prefs, DateTimeOffset now)
    {
        // Applied already and yet different: the node did not take it; applying it again and again would not help.
        if (facts.Login.LastAppliedIdentity == facts.Identity && facts.Login.Failure is null)
        {
            return LoginAction.None;
        }

        if (now < facts.Login.RetryAt)
        {
            return LoginAction.None;
        }

        // Another control server means another machine there: that takes a login, with the key if there is one.
        return !facts.Identity.SameControlServer(prefs) && facts.Key is not null ? LoginAction.UpWithKey : LoginAction.Up;
    }

    private static LoginAction Again(NodeFacts facts, DateTimeOffset now) => now >= facts.Login.RetryAt ? LoginAction.Up : LoginAction.None;
}
