using Dovetail.Common;

namespace Dovetail.Services.Model;

/// <summary>One service as the labels of all containers want it: a name on the tailnet, its settings, its upstreams.</summary>
internal sealed record ServiceSpec
{
    /// <summary>Host name on the tailnet: one RFC 1123 label, lower case, 1–63 characters.</summary>
    public required string Name { get; init; }

    /// <summary>False: the service is raw TCP only; ports 80 and 443 of its node are free for <see cref="TcpPorts"/>.</summary>
    public bool Http { get; init; } = true;

    /// <summary>ACL tags, each with its <c>tag:</c> prefix; sorted, without repeats.</summary>
    public EquatableArray<string> Tags { get; init; }

    public TlsMode Tls { get; init; }

    /// <summary>Whether port 80 answers with a redirect to HTTPS. Without effect while the node serves plain HTTP.</summary>
    public bool Redirect { get; init; } = true;

    /// <summary>Whether the identity headers are set.</summary>
    public bool Identity { get; init; } = true;

    /// <summary>Rules as the label gives them (<c>login</c>, <c>*@domain</c>, <c>tag:x</c>, <c>cap:name</c>); empty: everybody the tailnet lets in.</summary>
    public EquatableArray<string> Allow { get; init; }

    /// <summary>Public through Tailscale Funnel.</summary>
    public bool Funnel { get; init; }

    /// <summary>How long a request waits for an upstream that is starting or restarting; zero: not at all.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(15);

    public HealthMode Health { get; init; }

    /// <summary>Soft memory limit of the service's tailscaled in bytes; null: the daemon's default.</summary>
    public long? Memory { get; init; }

    /// <summary>Ports on the tailnet that pass raw TCP; sorted.</summary>
    public EquatableArray<int> TcpPorts { get; init; }

    /// <summary>Containers that serve now, in a stable order; may be empty.</summary>
    public EquatableArray<Upstream> Upstreams { get; init; }

    /// <summary>Containers that should serve but cannot be reached.</summary>
    public EquatableArray<UnreachableContainer> Unreachable { get; init; }
}
