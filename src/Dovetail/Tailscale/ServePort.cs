using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

/// <summary>Where tailscaled forwards one port to.</summary>
internal sealed record ServePort
{
    /// <summary><c>address:port</c>; tailscaled does not check it.</summary>
    [JsonPropertyName("TCPForward")]
    public required string TcpForward { get; init; }

    /// <summary>Version of the PROXY protocol header; tailscaled knows it since 1.92.</summary>
    public int ProxyProtocol { get; init; } = 2;
}
