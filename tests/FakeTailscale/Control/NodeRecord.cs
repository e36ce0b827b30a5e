using FakeTailscale.Network;

namespace FakeTailscale.Control;

/// <summary>What control keeps of a node. Guarded by the tailnet.</summary>
internal sealed class NodeRecord
{
    public required NodeInfo Info { get; set; }

    /// <summary>
    /// The key before the last one. A daemon that gives a registration up for another does not know that the first one took effect, and
    /// names this one again.
    /// </summary>
    public string? PreviousKey { get; set; }

    public bool Ephemeral { get; init; }

    public int Registrations { get; set; } = 1;

    public int MapPolls { get; set; }

    /// <summary>Removed by an administrator: its map poll ends with what it is told last.</summary>
    public bool IsDeleted { get; set; }

    /// <summary>Counts changes that the node itself must hear of at once.</summary>
    public int Version { get; set; }

    /// <summary>The map poll of the daemon that is connected; a new one ends it.</summary>
    public CancellationTokenSource? Poll { get; set; }

    /// <summary>Whether the node is, or has just been, known by a key.</summary>
    public bool Held(string key) => key.Length > 0 && (Info.Key == key || PreviousKey == key);
}
