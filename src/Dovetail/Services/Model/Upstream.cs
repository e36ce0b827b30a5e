using System.Globalization;
using Dovetail.Common;

namespace Dovetail.Services.Model;

/// <summary>One container, or other address that serves, as Dovetail reaches it for one service.</summary>
internal sealed record Upstream
{
    /// <summary>Full Docker id of the container; tells upstreams of one service apart. Of what is no container, host and port.</summary>
    public required string ContainerId { get; init; }

    /// <summary>Name of the container, of a further Engine's <c>ENGINE/NAME</c>. Of what is no container, host and port.</summary>
    public required string ContainerName { get; init; }

    /// <summary>False: it is an address that a services file names.</summary>
    public bool IsContainer { get; init; } = true;

    public required UpstreamScheme Scheme { get; init; }

    /// <summary>IP address (IPv6 without brackets) or host name for HTTP; of a service without HTTP, that of its first TCP port.</summary>
    public required string Host { get; init; }

    /// <summary>The container's other address (IPv6), for when <see cref="Host"/> refuses; null: it has none.</summary>
    public string? SecondHost { get; init; }

    /// <summary>Port at <see cref="Host"/>, 1–65535.</summary>
    public required int Port { get; init; }

    public UpstreamHealth Health { get; init; }

    /// <summary>Scheme, host and port as a person reads them.</summary>
    public string Url
    {
        get
        {
            var scheme = Scheme switch
            {
                UpstreamScheme.Https => "https",
                UpstreamScheme.HttpsInsecure => "https+insecure",
                UpstreamScheme.H2c => "h2c",
                _ => "http",
            };
            var host = Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
            return string.Create(CultureInfo.InvariantCulture, $"{scheme}://{host}:{Port}");
        }
    }

    /// <summary>Which of the ways to a container was taken and why, for <c>dovetail status</c>.</summary>
    public required string Route { get; init; }

    /// <summary>From which address the container sees requests, which is that of its proxy; null: not known.</summary>
    public string? Source { get; init; }

    /// <summary>Whether the way leads through the host, whose firewall sees it.</summary>
    public bool IsByHost { get; init; }

    /// <summary>The container's port that is published as the one that <c>dovetail.port</c> names, which the container does not have; null: none.</summary>
    public int? MeantPort { get; init; }

    /// <summary>The same container for each <c>dovetail.tcp.N</c>.</summary>
    public EquatableArray<TcpUpstream> Tcp { get; init; }
}

/// <summary>Where raw TCP that reaches the node on <paramref name="NodePort"/> goes in one container.</summary>
/// <param name="NodePort">Port on the tailnet, 1–65535.</param>
/// <param name="Host">IP address (IPv6 without brackets) or host name of the container as Dovetail reaches it.</param>
/// <param name="Port">Port at <paramref name="Host"/>, 1–65535.</param>
/// <param name="SecondHost">The container's other address, for when <paramref name="Host"/> refuses; null: it has none.</param>
internal sealed record TcpUpstream(int NodePort, string Host, int Port, string? SecondHost = null);

/// <summary>How Dovetail speaks to the container (<c>dovetail.scheme</c>).</summary>
internal enum UpstreamScheme
{
    Http,
    Https,

    /// <summary>HTTPS whose certificate is not checked: self-signed upstreams.</summary>
    HttpsInsecure,

    /// <summary>Cleartext HTTP/2 with prior knowledge (gRPC).</summary>
    H2c,
}

/// <summary>What Docker says of the health of an upstream's container.</summary>
internal enum UpstreamHealth
{
    /// <summary>The container has no HEALTHCHECK.</summary>
    None,
    Starting,
    Healthy,
    Unhealthy,

    /// <summary>Whatever the HEALTHCHECK says, the container has been told to stop.</summary>
    Stopping,
}
