using System.Globalization;
using System.Text.Json.Serialization;

namespace Dovetail.Tailscale;

/// <summary>What tailscaled does with connections from the tailnet, by port.</summary>
internal sealed record ServeConfig
{
    [JsonPropertyName("TCP")]
    public required IReadOnlyDictionary<string, ServePort> Tcp { get; init; }

    /// <summary><c>name:port</c> of what is public; null: nothing is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, bool>? AllowFunnel { get; init; }

    /// <summary>Everything goes to the listener, with PROXY protocol v2 in front, since the source address alone says nothing (README §9).</summary>
    /// <remarks>
    /// 443 and 80 are named even when the listener only closes them: tailscaled hands a port that has no entry to
    /// 127.0.0.1 (<c>07-proxyproto/fall-through.txt</c>), where anything may listen.
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
