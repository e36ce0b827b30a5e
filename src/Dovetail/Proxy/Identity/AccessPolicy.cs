using System.Collections.Frozen;
using Dovetail.Services.Model;

namespace Dovetail.Proxy.Identity;

/// <summary>
/// Who may use a service (<c>dovetail.allow</c>) or may speak for its own clients (<c>dovetail.forwarded.from</c>), compiled once per
/// configuration. Who is not known may not.
/// </summary>
internal sealed class AccessPolicy
{
    private readonly FrozenSet<string> _logins;
    private readonly FrozenSet<string> _domains;
    private readonly FrozenSet<string> _tags;
    private readonly FrozenSet<string> _capabilities;

    /// <param name="rules">Empty: everybody. A kind of rule that is not known here lets nobody in.</param>
    public AccessPolicy(IReadOnlyCollection<AccessRule> rules)
    {
        AllowsEverybody = rules.Count == 0;
        _logins = Names<AccessRule.Login>(rules, StringComparer.OrdinalIgnoreCase);
        _domains = Names<AccessRule.Domain>(rules, StringComparer.OrdinalIgnoreCase);
        _tags = Names<AccessRule.Tag>(rules, StringComparer.Ordinal);
        _capabilities = Names<AccessRule.Capability>(rules, StringComparer.Ordinal);
    }

    /// <summary>No rule was given: whoever the tailnet lets in may come, known or not.</summary>
    public bool AllowsEverybody { get; }

    public AccessDecision Decide(PeerIdentity identity)
    {
        if (AllowsEverybody)
        {
            return AccessDecision.Allowed;
        }

        if (identity.Peer is not { } peer)
        {
            return identity.Failed ? AccessDecision.IdentityUnavailable : AccessDecision.UnknownPeer;
        }

        return peer.Tags.Any(_tags.Contains) || peer.Capabilities.Any(_capabilities.Contains) || IsAllowed(peer.User)
            ? AccessDecision.Allowed
            : AccessDecision.NotListed;
    }

    private bool IsAllowed(PeerUser? user)
    {
        if (user is null)
        {
            return false;
        }

        var at = user.Login.LastIndexOf('@');
        return _logins.Contains(user.Login) || (at > 0 && _domains.Contains(user.Login[(at + 1)..]));
    }

    private static FrozenSet<string> Names<TRule>(IEnumerable<AccessRule> rules, StringComparer comparer)
        where TRule : AccessRule => rules.OfType<TRule>().Select(static rule => rule.Name).ToFrozenSet(comparer);
}

/// <summary>What <see cref="AccessPolicy"/> says, and why.</summary>
internal enum AccessDecision
{
    Allowed,

    /// <summary>The peer is known, and no rule names it.</summary>
    NotListed,

    /// <summary>Nobody is known at the address: a Funnel visitor, for example.</summary>
    UnknownPeer,

    /// <summary>The tailnet did not say who it is.</summary>
    IdentityUnavailable,
}

/// <summary>Decisions in the words of the log.</summary>
internal static class AccessDecisionWords
{
    public static string InWords(this AccessDecision decision) => decision switch
    {
        AccessDecision.NotListed => "the allow label does not name them",
        AccessDecision.UnknownPeer => "the tailnet knows nobody at this address",
        AccessDecision.IdentityUnavailable => "tailscaled did not say who that is",
        _ => "allowed",
    };
}
