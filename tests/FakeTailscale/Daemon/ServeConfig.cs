using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Daemon;

/// <summary>A serve config: the handlers of TCP ports, and whatever else Tailscale knows of, unread.</summary>
internal sealed class ServeConfig
{
    private static readonly string[] KnownParts = ["Services", "Web", "AllowFunnel", "Foreground"];

    private readonly Dictionary<int, TcpHandler> _tcp = [];

    private ServeConfig()
    {
    }

    public static ServeConfig Empty { get; } = Read(JsonDocument.Parse("{}").RootElement);

    public IReadOnlyDictionary<int, TcpHandler> Tcp => _tcp;

    /// <summary>The document as Tailscale gives it back: known fields, ports in the order of their names.</summary>
    public required string Text { get; init; }

    public static string Etag(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <exception cref="BackendException">It is not a serve config.</exception>
    public static ServeConfig Parse(byte[] body)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            return Read(document.RootElement);
        }
        catch (JsonException)
        {
            throw new BackendException("decoding config: " + GoJsonError.Describe(body, stream: true));
        }
    }

    public static ServeConfig Parse(string text) => Parse(Encoding.UTF8.GetBytes(text));

    public ServeConfig WithHandler(int port, TcpHandler? handler)
    {
        Dictionary<int, TcpHandler> tcp = new(_tcp);
        if (handler is null)
        {
            tcp.Remove(port);
        }
        else
        {
            tcp[port] = handler;
        }

        return Create(tcp, []);
    }

    private static ServeConfig Read(JsonElement root)
    {
        Dictionary<int, TcpHandler> tcp = [];
        List<JsonProperty> rest = [];
        foreach (JsonProperty part in root.ValueKind == JsonValueKind.Object ? root.EnumerateObject() : [])
        {
            if (part.Name == "TCP" && part.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty port in part.Value.EnumerateObject())
                {
                    if (!ushort.TryParse(port.Name, CultureInfo.InvariantCulture, out ushort number))
                    {
                        throw new BackendException(
                            $"decoding config: json: cannot unmarshal number {port.Name} into Go struct field ServeConfig.TCP of type "
                                + "uint16");
                    }

                    tcp[number] = TcpHandler.Read(port.Value);
                }
            }
            else if (KnownParts.Contains(part.Name) && part.Value.ValueKind == JsonValueKind.Object)
            {
                rest.Add(part);
            }
        }

        return Create(tcp, rest);
    }

    private static ServeConfig Create(Dictionary<int, TcpHandler> tcp, List<JsonProperty> rest)
    {
        byte[] text = Json.Line(writer =>
        {
            writer.WriteStartObject();
            if (tcp.Count > 0)
            {
                writer.WriteStartObject("TCP");
                IEnumerable<(string Port, TcpHandler Handler)> handlers = tcp
                    .Select(static pair => (pair.Key.ToString(CultureInfo.InvariantCulture), pair.Value))
                    .OrderBy(static pair => pair.Item1, StringComparer.Ordinal);
                foreach ((string port, TcpHandler handler) in handlers)
                {
                    writer.WritePropertyName(port);
                    handler.Write(writer);
                }

                writer.WriteEndObject();
            }

            foreach (JsonProperty part in rest)
            {
                part.WriteTo(writer);
            }

            writer.WriteEndObject();
        });
        ServeConfig config = new() { Text = Encoding.UTF8.GetString(text) };
        foreach ((int port, TcpHandler handler) in tcp)
        {
            config._tcp[port] = handler;
        }

        return config;
    }
}
