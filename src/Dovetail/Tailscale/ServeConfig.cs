using System.Globalization;
using System.Text.Json.Serialization;
using Dovetail.Proxy.Model;

namespace Dovetail.Tailscale;

/// <summary>What tailscaled does with connections from the tailnet, by port.</summary>
internal sealed record ServeConfig
{
    [JsonPropertyName("TCP")]
    public required IReadOnlyDictionary<string, ServePort> Tcp { get; init; }

    /// <summary><c>name:port</c> of what is public; null: nothing is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, bool>? AllowFunnel { get; init; }

    /// <summary>Everything goes to the listener, with PROXY protocol v2 in front: without it the peer's address would be lost.</summary>
    /// <remarks>
    /// 443 and 80 are named even when the listener only closes them: tailscaled hands a port that has no entry to the same
    /// port on 127.0.0.1, where anything may listen.
    /// </remarks>
    public static ServeConfig For(ServeTarget target)
    {
        var ports = target.Ports;
        var entries = new SortedDictionary<string, ServePort>(StringComparer.Ordinal)
        {
            ["443"] = new() { TcpForward = ports.Https.ToString() },
            ["80"] = new() { TcpForward = ports.Http.ToString() },
        };
        foreach (var (nodePort, listener) in ports.Tcp)
        {
            entries[nodePort.ToString(CultureInfo.InvariantCulture)] = new() { TcpForward = listener.ToString() };
        }

        return new ServeConfig
        {
            Tcp = entries,
            AllowFunnel = target.FunnelHost is null ? null : new Dictionary<string, bool> { [$"{target.FunnelHost}:443"] = true },
        };
    }
}

/// <summary>What tailscaled is to do with the node's ports.</summary>
/// <param name="Ports">Where the listener listens.</param>
/// <param name="FunnelHost">The node's full name when port 443 is to be public through Funnel; else null.</param>
internal sealed record ServeTarget(ListenerPorts Ports, string? FunnelHost);

/// <summary>Where tailscaled forwards one port to.</summary>
internal sealed record ServePort
{
    /// <summary><c>address:port</c>; tailscaled does not check it.</summary>
    [JsonPropertyName("TCPForward")]
    public required string TcpForward { get; init; }

    /// <summary>Version of the PROXY protocol header; tailscaled knows it since 1.92.</summary>
    public int ProxyProtocol { get; init; } = 2;
}
