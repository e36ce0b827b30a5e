using Dovetail.Common;
using Dovetail.Services.Model;

namespace Dovetail.Services.Labels;

/// <summary>One service as the labels of one container declare it; everything is checked.</summary>
internal sealed record ServiceDeclaration
{
    public required string Name { get; init; }

    /// <summary>Container port of HTTP, 1–65535; null: the service is raw TCP only.</summary>
    public int? Port { get; init; }

    public UpstreamScheme Scheme { get; init; }

    /// <summary>Docker network through which to reach the container; null: any.</summary>
    public string? Network { get; init; }

    /// <inheritdoc cref="ServiceSpec.Tags"/>
    public EquatableArray<string> Tags { get; init; }

    public TlsMode Tls { get; init; }

    public bool Redirect { get; init; } = true;

    /// <inheritdoc cref="ServiceSpec.Allow"/>
    public EquatableArray<string> Allow { get; init; }

    public bool Identity { get; init; } = true;

    public bool Funnel { get; init; }

    public TimeSpan Hold { get; init; }

    public HealthMode Health { get; init; }

    /// <summary>Bytes; null: the daemon's default.</summary>
    public long? Memory { get; init; }

    /// <summary>Raw TCP, sorted by node port.</summary>
    public EquatableArray<TcpForward> Tcp { get; init; }

    /// <summary>Whether the container agrees to share the name with others that also do.</summary>
    public bool LoadBalance { get; init; }
}
