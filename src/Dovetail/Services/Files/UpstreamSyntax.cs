using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dovetail.Common;
using Dovetail.Services.Model;

namespace Dovetail.Services.Files;

/// <summary>Addresses of what is no container: <c>http://192.168.1.10:8123</c> for HTTP, <c>192.168.1.10:5432</c> for raw TCP.</summary>
internal static class UpstreamSyntax
{
    private const string Separator = "://";
    private const string Allowed =
        "allowed is http://, https://, https+insecure:// (certificate not checked) or h2c://, then host and port";

    private const int MaxHostLength = 253;

    private static readonly (string Word, UpstreamScheme Scheme, int Port)[] Schemes =
    [
        ("http", UpstreamScheme.Http, 80),
        ("https", UpstreamScheme.Https, 443),
        ("https+insecure", UpstreamScheme.HttpsInsecure, 443),
        ("h2c", UpstreamScheme.H2c, 80),
    ];

    // Where clouds keep credentials for whoever asks from the machine.
    private static readonly string[] Metadata = ["169.254.169.254", "fd00:ec2::254", "metadata.google.internal"];

    /// <returns>Null when it was read; otherwise what is wrong, fit to print.</returns>
    public static string? ReadUrl(string text, out FileUpstream upstream)
    {
        upstream = new FileUpstream(UpstreamScheme.Http, "", 80);
        var at = text.IndexOf(Separator, StringComparison.Ordinal);
        if (at < 0)
        {
            return Allowed + (ReadAuthority(text, 80, out _, out _) is null ? $"; did you mean http://{Printable.Text(text)}?" : "");
        }

        var (word, rest) = (text[..at], text[(at + Separator.Length)..]);
        if (Array.Find(Schemes, known => known.Word.Equals(word, StringComparison.OrdinalIgnoreCase)) is not { Word: not null } scheme)
        {
            return word == "tcp" ? "raw TCP is written as tcp: with a port on the tailnet and an address below it" : Allowed;
        }

        if (rest.TrimEnd('/').IndexOfAny(['/', '?', '#']) >= 0)
        {
            return "it holds more than a host and a port; the visitor's path is passed on as it is";
        }

        var problem = ReadAuthority(rest.TrimEnd('/'), scheme.Port, out var host, out var port);
        upstream = new FileUpstream(scheme.Scheme, host, port);
        return problem;
    }

    /// <summary>Reads <c>HOST:PORT</c>.</summary>
    /// <param name="sameHost">The host of a port alone; null: a port alone is refused.</param>
    /// <returns>Null when it was read; otherwise what is wrong, fit to print.</returns>
    public static string? ReadTcp(string text, string? sameHost, out string host, out int port)
    {
        if (PortSyntax.TryParse(text, out port))
        {
            host = sameHost ?? "";
            return sameHost is null ? "allowed is HOST:PORT, such as 192.168.1.10:5432" : null;
        }

        return ReadAuthority(text, null, out host, out port);
    }

    private static string? ReadAuthority(string text, int? defaultPort, out string host, out int port)
    {
        (host, port) = ("", defaultPort ?? 0);
        var colon = text.LastIndexOf(':');
        var hasPort = colon > text.LastIndexOf(']');
        host = hasPort ? text[..colon] : text;
        if (hasPort ? !PortSyntax.TryParse(text[(colon + 1)..], out port) : defaultPort is null)
        {
            return host.Contains(':') && host[0] != '[' ? Brackets(text) : $"after the host comes a colon and a port: {PortSyntax.Allowed}";
        }

        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
            return host.Contains(':') ? ReadHost(ref host) : "only an IPv6 address stands in brackets";
        }

        return host.Contains(':') ? Brackets(text) : ReadHost(ref host);
    }

    private static string Brackets(string text) =>
        IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6
            ? $"an IPv6 address stands in brackets: [{address}]"
            : "an IPv6 address stands in brackets, and before the port is one colon";

    private static string? ReadHost(ref string host)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            if (address.AddressFamily == AddressFamily.InterNetwork ? address.ToString() != host : host.Contains('%'))
            {
                return "allowed are IPv4 addresses of four decimal numbers, IPv6 addresses without a zone, and host names";
            }

            address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            host = address.ToString();
            return Metadata.Contains(host) ? WhyNoMetadata : Refusal(address.GetAddressBytes());
        }

        try
        {
            host = new IdnMapping { AllowUnassigned = false, UseStd3AsciiRules = false }.GetAscii(host).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return "the host is no host name";
        }

        return host.Length > MaxHostLength || Uri.CheckHostName(host) != UriHostNameType.Dns ? "the host is no host name"
            : Metadata.Contains(host.TrimEnd('.')) ? WhyNoMetadata : null;
    }

    private const string WhyNoMetadata = "this is the metadata service of a cloud, which hands out credentials";

    private static string? Refusal(ReadOnlySpan<byte> address) => address switch
    {
        [127, 83, _, _] => "this is an address of Dovetail's own listeners: requests would go round in a circle",
        [0, _, _, _] => "this is no address of a machine; name its address",
        [>= 224, _, _, _] or [0xff, ..] => "this is no address of one machine",
        _ when !address.ContainsAnyExcept((byte)0) => "this is no address of a machine; name its address",
        _ => null,
    };
}
