using Dovetail.Common;
using Dovetail.Proxy.Identity;
using Dovetail.Services.Model;

namespace Dovetail.Dashboard;

/// <summary>Who asks for a page, and what of it is theirs. Who is named nowhere sees the start page, and nothing may be ordered by them.</summary>
internal sealed class Visitor
{
    private readonly PeerIdentity _towardsServices;

    public Visitor(PeerIdentity identity, DashboardOptions options)
    {
        var peer = identity.Peer;
        Name = peer?.User?.Login ?? peer?.NodeName ?? "";
        IsViewer = Names(options.Audience.Viewers, identity);
        IsAdmin = IsViewer && Names(options.Admins, identity);
        // What the tailnet grants is granted towards one node: a capability towards the dashboard says nothing about a service.
        _towardsServices = new PeerIdentity(peer is null ? null : peer with { Capabilities = [] }, identity.Failed);
    }

    /// <summary>Login name, or the name of a device that acts for nobody; empty when nobody is known there.</summary>
    public string Name { get; }

    /// <summary>Whether all services and their logs may be seen.</summary>
    public bool IsViewer { get; }

    /// <summary>Whether a service may be restarted.</summary>
    public bool IsAdmin { get; }

    /// <summary>Whether the service's own rules let the visitor in. A rule by capability never does here.</summary>
    public bool MayUse(ServiceSpec service) => new AccessPolicy(service.Allow).Decide(_towardsServices) == AccessDecision.Allowed;

    // No rule means everybody to a policy, and nobody here.
    private static bool Names(EquatableArray<AccessRule> rules, PeerIdentity identity) =>
        rules.Count > 0 && new AccessPolicy(rules).Decide(identity) == AccessDecision.Allowed;
}
