using System.Net;
using System.Net.Sockets;
using Dovetail.Common;
using Microsoft.Extensions.Primitives;

namespace Dovetail.Proxy.Http;

/// <summary>
/// The addresses of an <c>X-Forwarded-For</c>: each proxy appends that of its own client. What is left of an entry that is no address was
/// written by somebody whom nobody knows, so that the chain begins after it.
/// </summary>
internal static class AddressChain
{
    /// <summary>The nearest so many are passed on.</summary>
    public const int MaxHops = 32;

    // "[", 45 characters of an IPv6 address, "]", ":" and a port.
    private const int MaxEntryLength = 53;

    /// <returns>The farthest first.</returns>
    public static IReadOnlyList<IPAddress> Read(StringValues lines)
    {
        if (lines.Count == 0)
        {
            return [];
        }

        var chain = new List<IPAddress>();
        for (var line = lines.Count - 1; line >= 0; line--)
        {
            var entries = (lines[line] ?? "").Split(',');
            for (var i = entries.Length - 1; i >= 0; i--)
            {
                if (chain.Count == MaxHops || !TryParse(entries[i].Trim(' ', '\t'), out var address))
                {
                    chain.Reverse();
                    return chain;
                }

                chain.Add(address);
            }
        }

        chain.Reverse();
        return chain;
    }

    /// <summary>
    /// Reads <c>192.0.2.1</c>, <c>2001:db8::1</c> or <c>[2001:db8::1]</c>; a port after the first and the last is left out.
    /// </summary>
    public static bool TryParse(string text, out IPAddress address)
    {
        address = IPAddress.None;
        if (text.Length is 0 or > MaxEntryLength)
        {
            return false;
        }

        var isBracketed = text[0] == '[';
        var end = isBracketed ? text.IndexOf(']') : text.IndexOf(':');
        // More than one colon, and no brackets: an IPv6 address, which has no port then.
        var hasPort = end >= 0 && (isBracketed || text.IndexOf(':', end + 1) < 0);
        var host = isBracketed ? end < 0 ? "" : text[1..end] : hasPort ? text[..end] : text;
        var port = isBracketed && end >= 0 ? text[(end + 1)..] : hasPort ? text[end..] : "";
        if ((port.Length > 0 && !(port[0] == ':' && PortSyntax.TryParse(port[1..], out _))) || !IPAddress.TryParse(host, out var parsed))
        {
            return false;
        }

        // Of an IPv4 address the one usual spelling: "1" and "0x7f.1" are numbers to some readers. Of an IPv6 address none with a zone.
        address = parsed;
        return parsed.AddressFamily == AddressFamily.InterNetwork
            ? !isBracketed && host == parsed.ToString()
            : !host.Contains('%', StringComparison.Ordinal) && host.All(static c => char.IsAsciiHexDigit(c) || c is ':' or '.');
    }
}
