using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Daemon;

/// <summary>What a node does with connections to one of its ports.</summary>
internal sealed record TcpHandler
{
    /// <summary>Where to forward to; "" for handlers that this stand-in does not serve.</summary>
    public string TcpForward { get; init; } = "";

    /// <summary>Version of the PROXY protocol to speak to the target; 0 for none.</summary>
    public int ProxyProtocol { get; init; }

    public bool Https { get; init; }

    public bool Http { get; init; }

    public string TerminateTls { get; init; } = "";

    public static TcpHandler Read(JsonElement element) => new()
    {
        TcpForward = element.Text("TCPForward"),
        ProxyProtocol = StandInVersion.KnowsProxyProtocol ? (int)element.Number("ProxyProtocol") : 0,
        Https = element.IsTrue("HTTPS"),
        Http = element.IsTrue("HTTP"),
        TerminateTls = element.Text("TerminateTLS"),
    };

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (Https)
        {
            writer.WriteBoolean("HTTPS", true);
        }

        if (Http)
        {
            writer.WriteBoolean("HTTP", true);
        }

        if (TcpForward.Length > 0)
        {
            writer.WriteString("TCPForward", TcpForward);
        }

        if (TerminateTls.Length > 0)
        {
            writer.WriteString("TerminateTLS", TerminateTls);
        }

        if (ProxyProtocol != 0)
        {
            writer.WriteNumber("ProxyProtocol", ProxyProtocol);
        }

        writer.WriteEndObject();
    }
}
