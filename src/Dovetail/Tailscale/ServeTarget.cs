using Dovetail.Proxy.Model;

namespace Dovetail.Tailscale;

/// <summary>What tailscaled is to do with the node's ports.</summary>
/// <param name="Ports">Where the listener listens.</param>
/// <param name="FunnelHost">The node's full name when port 443 is to be public through Funnel; else null.</param>
internal sealed record ServeTarget(ListenerPorts Ports, string? FunnelHost);
