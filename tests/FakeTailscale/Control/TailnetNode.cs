namespace FakeTailscale.Control;

/// <summary>A node as control knows it at one moment.</summary>
public sealed record TailnetNode
{
    /// <summary>Counts from 1 over the life of the tailnet.</summary>
    public required long Id { get; init; }

    /// <summary>The stable ID, as status gives it.</summary>
    public required string StableId { get; init; }

    /// <summary>The host name that the node asked for.</summary>
    public required string Name { get; init; }

    /// <summary>The full name without a final dot; ends in <c>-1</c>, <c>-2</c> … when the name was taken.</summary>
    public required string DnsName { get; init; }

    public required string IPv4 { get; init; }

    public required string IPv6 { get; init; }

    /// <summary>Login name of the owner, <c>tagged-devices</c> for tagged nodes.</summary>
    public required string User { get; init; }

    /// <summary>The node key; a login gives another.</summary>
    public required string Key { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>True while its daemon follows the network map.</summary>
    public required bool Online { get; init; }

    /// <summary>When it went offline last; null when it never did.</summary>
    public required DateTimeOffset? LastSeen { get; init; }

    public required bool Approved { get; init; }

    /// <summary>Removed soon after it goes offline, by the production service.</summary>
    public required bool Ephemeral { get; init; }

    /// <summary>Null for tagged nodes.</summary>
    public required DateTimeOffset? KeyExpiry { get; init; }

    /// <summary>Logins that made this node or gave it a new node key. A daemon that comes back with its key does not count.</summary>
    public required int RegistrationCount { get; init; }

    /// <summary>Times that a daemon has begun to follow the network map.</summary>
    public required int MapPolls { get; init; }
}
