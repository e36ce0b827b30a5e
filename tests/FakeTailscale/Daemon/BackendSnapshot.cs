using FakeTailscale.Network;

namespace FakeTailscale.Daemon;

/// <summary>What readers see of a backend: immutable, so that a status is answered even while a write is stuck in the log.</summary>
internal sealed record BackendSnapshot
{
    public IpnState State { get; init; }

    public Prefs Prefs { get; init; } = new();

    public NetworkMap? NetMap { get; init; }

    public string AuthUrl { get; init; } = "";

    /// <summary>True while control keeps the map coming.</summary>
    public bool InMapPoll { get; init; }

    public IReadOnlyList<string> Health { get; init; } = [];

    /// <summary>Null when nothing was ever set.</summary>
    public ServeConfig? Serve { get; init; }

    /// <summary>What serve-config shows: nothing before the first network map after a start.</summary>
    public ServeConfig? VisibleServe => NetMap is null ? null : Serve;

    /// <summary>True while packets pass.</summary>
    public bool CarriesTraffic => State is IpnState.Running or IpnState.Starting;

    /// <summary>The node itself, as long as it has a place on the tailnet.</summary>
    public NodeInfo? Self => NetMap?.Self;
}
