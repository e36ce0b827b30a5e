using System.Collections.Frozen;

namespace Dovetail.Proxy.Identity;

/// <summary>Who may use a service (<c>dovetail.allow</c>), compiled once per configuration. Who is not known is not let in.</summary>
internal sealed class AccessPolicy
{
    private readonly FrozenSet<string> _logins;
    private readonly FrozenSet<string> _domains;
    private readonly FrozenSet<string> _tags;
    private readonly FrozenSet<string> _capabilities;

    private AccessPolicy(IReadOnlyCollection<string> rules)
    {
        AllowsEverybody = rules.Count == 0;
        _tags = Set(rules.Where(IsTag), StringComparer.Ordinal);
        _capabilities = Set(rules.Where(IsCapability).Select(rule => rule["cap:".Length..]), StringComparer.Ordinal);
        _domains = Set(rules.Where(IsDomain).Select(rule => rule["*@".Length..]), StringComparer.OrdinalIgnoreCase);
        _logins = Set(
            rules.Where(rule => !IsTag(rule) && !IsCapability(rule) && !rule.Contains('*', StringComparison.Ordinal)),
            StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>No rule was given: whoever the tailnet lets in may come, known or not.</summary>
    public bool AllowsEverybody { get; }

    /// <param name="rules">Logins, <c>*@domain</c>, <c>tag:x</c>, <c>cap:name</c>; what is none of these lets nobody in.</param>
    public static AccessPolicy Parse(IReadOnlyCollection<string> rules) => new(rules);

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

    private static bool IsTag(string rule) => rule.StartsWith("tag:", StringComparison.Ordinal);

    private static bool IsCapability(string rule) => rule.StartsWith("cap:", StringComparison.Ordinal);

    private static bool IsDomain(string rule) => rule.StartsWith("*@", StringComparison.Ordinal);

    private static FrozenSet<string> Set(IEnumerable<string> items, StringComparer comparer) =>
        items.Where(item => item.Length > 0).ToFrozenSet(comparer);
}
