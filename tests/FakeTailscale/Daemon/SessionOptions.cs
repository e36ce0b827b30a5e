namespace FakeTailscale.Daemon;

/// <summary>With what a daemon goes to control.</summary>
internal sealed record SessionOptions
{
    public required string ControlUrl { get; init; }

    public required string MachineKey { get; init; }

    /// <summary>The node key to log in with; null for a node that has none.</summary>
    public string? NodeKey { get; init; }

    public string AuthKey { get; init; } = "";

    public string Hostname { get; init; } = "";

    public IReadOnlyList<string> Tags { get; init; } = [];

    public bool Ephemeral { get; init; }

    /// <summary>True to fetch the map once and stay offline: a node that was stopped.</summary>
    public bool Paused { get; init; }

    public required MapRequest Map { get; init; }
}
