using Dovetail.Common;
using Dovetail.Services.Model;

namespace Dovetail.Services.Labels;

/// <summary>One service as the labels of one container declare it; everything is checked.</summary>
internal sealed record ServiceDeclaration : ServiceSettings
{
    /// <inheritdoc cref="ServiceSpec.Name"/>
    public required string Name { get; init; }

    /// <summary>Container port of HTTP, 1–65535; null: the service is raw TCP only.</summary>
    public int? Port { get; init; }

    public UpstreamScheme Scheme { get; init; }

    /// <summary>Docker network through which to reach the container; null: any.</summary>
    public string? Network { get; init; }

    /// <summary>Raw TCP, sorted by node port.</summary>
    public EquatableArray<TcpForward> Tcp { get; init; }

    /// <summary>Whether the container agrees to share the name with others that also do.</summary>
    public bool LoadBalance { get; init; }
}

/// <summary>One <c>dovetail.tcp.N</c> label.</summary>
/// <param name="NodePort">Port on the tailnet, 1–65535.</param>
/// <param name="ContainerPort">1–65535.</param>
internal sealed record TcpForward(int NodePort, int ContainerPort);
