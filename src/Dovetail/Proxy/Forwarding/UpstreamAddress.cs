using System.Globalization;
using Dovetail.Services;

namespace Dovetail.Proxy.Forwarding;

/// <summary>
/// Where one container is reached. Connections are pooled per address, so a container that is replaced, even by one with
/// the same IP, never meets connections of its predecessor.
/// </summary>
internal sealed record UpstreamAddress(string ContainerId, string ContainerName, UpstreamScheme Scheme, string Host, int Port)
{
    /// <summary>As in a URI: an IPv6 address stands in brackets.</summary>
    public string HostAndPort { get; } = Join(Host, Port);

    /// <summary>The URI's part before the path.</summary>
    public string Prefix { get; } = $"{(Scheme is UpstreamScheme.Https or UpstreamScheme.HttpsInsecure ? "https" : "http")}://{Join(Host, Port)}";

    private static string Join(string host, int port) => string.Create(
        CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}");
}
