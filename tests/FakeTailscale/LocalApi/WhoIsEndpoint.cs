using System.Net;
using FakeTailscale.Common;
using FakeTailscale.Daemon;
using FakeTailscale.Network;

namespace FakeTailscale.LocalApi;

/// <summary><c>whois</c>: a node and its user by tailnet address, address and port, or node key (recordings whois-*.json).</summary>
internal static class WhoIsEndpoint
{
    // Recorded: an unknown address with a port is looked for among proxied connections, for 180 ms per protocol.
    private static readonly TimeSpan ProxyLookup = TimeSpan.FromMilliseconds(180);

    public static async Task HandleAsync(LocalApiCall call, Backend backend)
    {
        string given = call.Request.Query("addr") ?? "";
        if (given.Length == 0)
        {
            await call.SendErrorAsync(400, "missing 'addr' parameter");
            return;
        }

        NetworkMap? map = backend.Snapshot.NetMap;
        if (map is { WhoIsError.Length: > 0 })
        {
            await call.SendErrorAsync(500, map.WhoIsError);
            return;
        }

        bool hasPort = false;
        NodeInfo? node;
        if (given.StartsWith("nodekey:", StringComparison.Ordinal))
        {
            node = map?.Nodes.FirstOrDefault(known => known.Key == given);
        }
        else if (IPAddress.TryParse(given, out IPAddress? address)
            && !given.Contains('[', StringComparison.Ordinal)
            && !given.Contains('/', StringComparison.Ordinal))
        {
            node = map?.FindByAddress(address.ToString());
        }
        else if (TryEndPoint(given, out IPAddress? withPort))
        {
            hasPort = true;
            node = map?.FindByAddress(withPort!.ToString());
        }
        else
        {
            await call.SendErrorAsync(400, "invalid 'addr' parameter");
            return;
        }

        if (node is null)
        {
            if (hasPort)
            {
                await Task.Delay(call.Request.Query("proto") is { Length: > 0 } ? ProxyLookup : 2 * ProxyLookup);
            }

            await call.SendErrorAsync(404, "no match for IP:port");
            return;
        }

        await call.SendJsonAsync(Json.Tabbed(writer => WhoIsDocument.Write(writer, map!, node)));
    }

    private static bool TryEndPoint(string text, out IPAddress? address)
    {
        int colon = text.LastIndexOf(':');
        address = null;
        return colon > 0
            && ushort.TryParse(text[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture, out _)
            && (text[0] == '[' || text.IndexOf(':', StringComparison.Ordinal) == colon)
            && IPAddress.TryParse(text[..colon].Trim('[', ']'), out address);
    }
}
