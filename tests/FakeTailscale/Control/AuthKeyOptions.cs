namespace FakeTailscale.Control;

/// <summary>What an auth key allows.</summary>
public sealed record AuthKeyOptions
{
    /// <summary>False: the key lets in one node only, and is refused whenever it is sent again.</summary>
    public bool Reusable { get; init; } = true;

    /// <summary>True: refused as too old.</summary>
    public bool Expired { get; init; }

    /// <summary>True: refused, if it lets in one node only, as one that has done so.</summary>
    public bool Used { get; init; }

    /// <summary>Nodes get these tags and belong to no user. Empty: they belong to <see cref="User"/>.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Login name of the owner; null makes a new user for every node.</summary>
    public string? User { get; init; }

    /// <summary>True: nodes need no approval.</summary>
    public bool Preauthorized { get; init; }

    /// <summary>True: nodes vanish when they log out.</summary>
    public bool Ephemeral { get; init; }
}
