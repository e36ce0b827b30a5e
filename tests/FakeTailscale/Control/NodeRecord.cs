using FakeTailscale.Network;

namespace FakeTailscale.Control;

/// <summary>What control keeps of a node. Guarded by the tailnet.</summary>
internal sealed class NodeRecord
{
    public required NodeInfo Info { get; set; }

    public bool Ephemeral { get; init; }

    public int Registrations { get; set; } = 1;

    public int MapPolls { get; set; }

    /// <summary>Counts changes that the node itself must hear of at once.</summary>
    public int Version { get; set; }

    /// <summary>The map poll of the daemon that is connected; a new one ends it.</summary>
    public CancellationTokenSource? Poll { get; set; }
}
