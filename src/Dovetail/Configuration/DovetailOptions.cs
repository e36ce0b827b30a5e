using Dovetail.Docker;
using Dovetail.Nodes;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;

namespace Dovetail.Configuration;

/// <summary>The whole configuration, checked.</summary>
internal sealed record DovetailOptions
{
    public required NodeOptions Nodes { get; init; }

    public required AuthKeySource Keys { get; init; }

    /// <summary>Whether a key or a key file is configured at all.</summary>
    public required bool HasKey { get; init; }

    public required ServiceOptions Services { get; init; }

    public required DockerEndpoint Docker { get; init; }

    /// <summary>Id or name of Dovetail's own container, <c>none</c>, or null to find it out.</summary>
    public string? OwnContainer { get; init; }

    public required ListenerOptions Limits { get; init; }

    /// <summary>How long a node outlives its last container.</summary>
    public required TimeSpan Grace { get; init; }

    /// <summary>How often all containers are listed even without an event.</summary>
    public required TimeSpan Resync { get; init; }

    /// <summary>The <c>tailscale</c> binary.</summary>
    public required string Tailscale { get; init; }

    /// <summary>Whether every request is logged.</summary>
    public required bool AccessLog { get; init; }

    public required LogLevel LogLevel { get; init; }
}
