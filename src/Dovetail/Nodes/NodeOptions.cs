using Dovetail.Nodes.Facts;

namespace Dovetail.Nodes;

/// <summary>What the daemon's configuration says to every node.</summary>
internal sealed record NodeOptions
{
    /// <summary>Holds one state directory per service.</summary>
    public required string StateRoot { get; init; }

    /// <summary>Holds the LocalAPI sockets, short-lived key files and tailscaled's own logs.</summary>
    public required string RuntimeDirectory { get; init; }

    /// <summary>The <c>tailscaled</c> binary.</summary>
    public required string Tailscaled { get; init; }

    /// <summary>Null: Tailscale's own control server.</summary>
    public string? ControlUrl { get; init; }

    /// <summary>Soft memory limit of each tailscaled in bytes, unless its service has its own.</summary>
    public required long Memory { get; init; }

    /// <summary>Whether <see cref="StateRoot"/> goes with Dovetail's container, so that nodes come back as new machines.</summary>
    public bool LosesState { get; init; }

    public NodeTimingOptions Timings { get; init; } = new();
}
