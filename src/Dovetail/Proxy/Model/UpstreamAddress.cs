using System.Globalization;
using Dovetail.Services.Model;

namespace Dovetail.Proxy.Model;

/// <summary>
/// Where one container, or another address that serves, is reached. Connections are pooled per address, so a container that is
/// replaced, even by one with the same IP, never meets connections of its predecessor.
/// </summary>
/// <param name="SecondHost">Where it is reached when <paramref name="Host"/> refuses; null: nowhere else.</param>
/// <param name="ServerName">The node's full name, with TLS: for it a container is asked (SNI); null: by its address.</param>
internal sealed record UpstreamAddress(
    string ContainerId, string ContainerName, UpstreamScheme Scheme, string Host, int Port, string? ServerName = null,
    string? SecondHost = null)
{
    /// <summary>False: an address that a services file names.</summary>
    public bool IsContainer { get; init; } = true;

    /// <summary>The name that the container itself goes by, less that of its Engine.</summary>
    public string PlainName => ContainerName[(ContainerName.LastIndexOf('/') + 1)..];

    /// <summary>For which name the upstream's certificate is asked. What is no container knows nothing of the node's name.</summary>
    public string TlsName => IsContainer ? ServerName ?? Host : Host;

    /// <summary>Whether the container speaks TLS.</summary>
    public bool IsTls => Scheme is UpstreamScheme.Https or UpstreamScheme.HttpsInsecure;

    /// <summary>As in a URI: an IPv6 address stands in brackets.</summary>
    public string HostAndPort { get; } = Join(Host, Port);

    /// <param name="serverName">Part of the address only with TLS: a node that learns its name keeps its other connections.</param>
    public static UpstreamAddress Of(Upstream upstream, string? serverName)
    {
        var address = new UpstreamAddress(
            upstream.ContainerId, upstream.ContainerName, upstream.Scheme, upstream.Host, upstream.Port, SecondHost: upstream.SecondHost)
        {
            IsContainer = upstream.IsContainer,
        };
        return address.IsTls ? address with { ServerName = serverName } : address;
    }

    /// <summary>The URI's part before the path.</summary>
    public string Prefix { get; } =
        $"{(Scheme is UpstreamScheme.Https or UpstreamScheme.HttpsInsecure ? "https" : "http")}://{Join(Host, Port)}";

    private static string Join(string host, int port) => string.Create(
        CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}");
}
