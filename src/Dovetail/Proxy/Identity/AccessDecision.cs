namespace Dovetail.Proxy.Identity;

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
