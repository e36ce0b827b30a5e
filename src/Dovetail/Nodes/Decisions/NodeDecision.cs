using System.Collections.Immutable;
using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;

namespace Dovetail.Nodes.Decisions;

/// <summary>Where a node stands, what a person should know, and what is to be done now.</summary>
internal sealed record NodeDecision
{
    public required NodeState State { get; init; }

    public required ImmutableArray<Condition> Conditions { get; init; }

    public LoginAction Login { get; init; }

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

        if (facts.Down is not null || facts.ListenerError is not null)
        {
            return NodeState.Backoff;
        }

        switch (facts.Backend)
        {
            case BackendState.NeedsMachineAuth:
                return NodeState.NeedsApproval;
            case BackendState.NeedsLogin:
                var underWay = facts.CurrentLoginUrl is null && facts.Key is not null && facts.Key != facts.Login.RefusedKey;
                return underWay ? NodeState.Starting : NodeState.NeedsLogin;
            case BackendState.Stopped when facts.Key is not null && facts.Key == facts.Login.RefusedKey:
                return NodeState.NeedsLogin;
            case BackendState.Running when facts.Served is null || facts.Status?.BackendState != BackendState.Running:
                return NodeState.Running;
            case BackendState.Running when facts.WantsHttps && (facts.Certificate.Name is null || facts.Certificate.NotAfter <= now):
                return NodeState.CertPending;
            case BackendState.Running:
                return NodeState.Ready;
            default:
                return NodeState.Starting;
        }
    }

    private static string? ReplaceReason(NodeFacts facts, DateTimeOffset now) => facts switch
    {
        // It would never look at its directory again by itself.
        { StateError: not null, Backend: BackendState.NoState } => "cannot use its state directory",
        // It polls for ever as a machine that is gone (04-bus/node-deleted-by-admin.ndjson); only a new one asks who it is.
        { IsCutOff: true, Backend: BackendState.Running } when now >= facts.ReplaceAt => "was cut off by the control server",
        _ => null,
    };

    private static bool MustServe(NodeFacts facts, DateTimeOffset now) =>
        facts is { Backend: BackendState.Running, Status.BackendState: BackendState.Running, Ports: not null, ServeRunning: false }
        && facts.Served != facts.Serve
        && now >= facts.ServeRetryAt;
}
