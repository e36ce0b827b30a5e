using System.Collections.Immutable;
using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;

namespace Dovetail.Nodes.Decisions;

/// <summary>Where a node stands, what a person should know, and what is to be done now.</summary>
internal sealed record NodeDecision
{
    public required NodeState State { get; init; }

    public required ImmutableArray<Condition> Conditions { get; init; }

    /// <summary>What is to be begun about the login; null: nothing.</summary>
    public Activity? Login { get; init; }

    /// <summary>Whether the login that is under way is to be given up for a better one.</summary>
    public bool CancelLogin { get; init; }

    /// <summary>Why this tailscaled is to be replaced by another after a wait; null: it is not.</summary>
    public string? Replace { get; init; }

    /// <summary>Whether tailscaled is to be told where the listener is.</summary>
    public bool ApplyServe { get; init; }

    /// <summary>The name to get a certificate for now; null: none.</summary>
    public string? CertificateDomain { get; init; }

    /// <summary>Decides from the facts alone, so that whatever changed, and in whatever order, leads to the same place.</summary>
    public static NodeDecision From(NodeFacts facts, DateTimeOffset now) => new()
    {
        State = StateOf(facts, now),
        Conditions = ConditionRules.Read(facts, now),
        Login = LoginDecision.Decide(facts, now),
        CancelLogin = LoginDecision.ShouldCancelPendingUp(facts),
        Replace = ReplaceReason(facts, now),
        ApplyServe = MustServe(facts, now),
        CertificateDomain = CertificateDecision.Decide(facts, now),
    };

    private static NodeState StateOf(NodeFacts facts, DateTimeOffset now)
    {
        if (facts.Stopping)
        {
            return NodeState.Stopping;
        }

        if (facts is { Supervision.Down: not null } or { Listener.Error: not null })
        {
            return NodeState.Backoff;
        }

        var login = facts.Login;
        switch (facts.Tailnet.Backend)
        {
            case BackendState.NeedsMachineAuth:
                return NodeState.NeedsApproval;
            case BackendState.NeedsLogin:
                var underWay = facts.Tailnet.LoginUrl is null && login is { Key: not null, IsKeyRefused: false };
                return underWay ? NodeState.Starting : NodeState.NeedsLogin;
            case BackendState.Stopped when login.IsKeyRefused:
                return NodeState.NeedsLogin;
            case BackendState.Running when facts.Serve.Applied is null || !facts.Tailnet.IsRunning:
                return NodeState.Running;
            case BackendState.Running when facts.WantsHttps && !facts.Certificate.Serves(now):
                return NodeState.CertPending;
            case BackendState.Running:
                return facts.Service.IsAsleep ? NodeState.Asleep : NodeState.Ready;
            default:
                return NodeState.Starting;
        }
    }

    private static string? ReplaceReason(NodeFacts facts, DateTimeOffset now) => facts switch
    {
        // It would never look at its directory again by itself.
        { Supervision.StateError: not null, Tailnet.Backend: BackendState.NoState } => "cannot use its state directory",
        // It polls for ever as a machine that is gone (recorded: Running, Online false, no message); only a new one asks who it is.
        { Login.IsCutOff: true, Tailnet.Backend: BackendState.Running } when now >= facts.Login.ReplaceAt =>
            "was cut off by the control server",
        _ => null,
    };

    private static bool MustServe(NodeFacts facts, DateTimeOffset now) =>
        facts is { Tailnet.IsRunning: true, Listener.Ports: not null }
        && !facts.Does(Activity.Serve)
        // After an error tailscaled may have taken it all the same: what it has is not known.
        && (facts.Serve.Applied != facts.WantedServe || facts.Serve.Error is not null)
        && now >= facts.Serve.RetryAt;
}
