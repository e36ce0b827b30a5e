using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dovetail.Proxy.Model;

namespace Dovetail.Proxy.Http;

/// <summary>
/// By which names a node is asked. A page of another site may make a visitor's browser ask this node under a name of its own (DNS
/// rebinding); such a request would carry the visitor's identity, and its answer would be the other site's to read.
/// </summary>
internal static class HostNames
{
    /// <summary>Reads the value of <c>Host</c> or <c>:authority</c>: <c>uri-host [ ":" port ]</c> (RFC 9110, section 7.2).</summary>
    /// <param name="host">Without brackets and without the final dot of a full name.</param>
    /// <returns>False: it is none.</returns>
    public static bool TryParse(string value, out string host)
    {
        var end = value.StartsWith('[') ? value.IndexOf(']') + 1 : value.IndexOf(':');
        host = end < 0 ? value : value[..end];
        var port = value.AsSpan(host.Length);
        if (port.StartsWith(":"))
        {
            port = port[1..];
            if (!port.IsEmpty && !ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                return false;
            }
        }
        else if (!port.IsEmpty)
        {
            return false;
        }

        if (host.StartsWith('['))
        {
            host = host[1..^1];
            return IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        }

        host = host.EndsWith('.') ? host[..^1] : host;
        return host.Length > 0;
    }

    /// <summary>Whether <paramref name="host"/> is one of the node's own: its full name, the first part of it, the service's name, its address.</summary>
    /// <param name="address">The address of the node that the client has connected to.</param>
    public static bool IsOwn(string host, ListenerConfig config, IPAddress address) =>
        IsSame(host, config.Service.Name)
        || (config.HostName is { } full && (IsSame(host, full) || IsSame(host, full.Split('.', 2)[0])))
        || IsAddress(host, address);

    // Of an IPv4 address one spelling alone: "100.64.3" and "0x64.64.0.3" are numbers to some, and names to others.
    private static bool IsAddress(string host, IPAddress address) =>
        IPAddress.TryParse(host, out var asked) && asked.Equals(address)
        && (asked.AddressFamily != AddressFamily.InterNetwork || host == asked.ToString());

    private static bool IsSame(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);
}
