using System.Net;

namespace Dovetail.Proxy.Connections;

/// <summary>What the listener knows of a connection; a connection feature.</summary>
/// <param name="Source">The peer's address and port on the tailnet.</param>
/// <param name="IsHttps">Whether it came to the HTTPS port.</param>
internal sealed record PeerConnection(IPEndPoint Source, bool IsHttps);
