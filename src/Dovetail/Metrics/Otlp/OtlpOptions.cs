using Dovetail.Common;

namespace Dovetail.Metrics.Otlp;

/// <summary>What the configuration says of a collector.</summary>
internal sealed record OtlpOptions
{
    private const string HttpPath = "/v1/metrics";
    private const string GrpcPath = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

    /// <summary>Where requests go to.</summary>
    public required Uri Address { get; init; }

    /// <summary>Whether it speaks gRPC; else it is http/protobuf.</summary>
    public required bool IsGrpc { get; init; }

    public required OtlpHeaders Headers { get; init; }

    /// <summary>Between two exports.</summary>
    public required TimeSpan Interval { get; init; }

    /// <summary><c>service.name</c>; null: what <see cref="Attributes"/> say, or the default.</summary>
    public required string? ServiceName { get; init; }

    /// <summary>Attributes of this Dovetail besides those that it has anyway.</summary>
    public required EquatableArray<KeyValuePair<string, string>> Attributes { get; init; }

    /// <summary>The address without path and query, where some services want a token.</summary>
    public string Collector => Address.GetLeftPart(UriPartial.Authority);

    /// <param name="endpoint">Of a collector as a whole.</param>
    /// <returns>Where it takes metrics.</returns>
    public static Uri AddressIn(Uri endpoint, bool isGrpc) =>
        new UriBuilder(endpoint) { Path = endpoint.AbsolutePath.TrimEnd('/') + (isGrpc ? GrpcPath : HttpPath) }.Uri;

    /// <summary>All attributes of this Dovetail.</summary>
    /// <param name="version">Of Dovetail.</param>
    /// <param name="machine">Tells several Dovetails from each other, and stays when one is started anew.</param>
    public IReadOnlyList<KeyValuePair<string, string>> ResourceOf(string version, string machine)
    {
        var given = ServiceName is null
            ? Attributes
            : [new("service.name", ServiceName), .. Attributes.Where(static pair => pair.Key != "service.name")];
        KeyValuePair<string, string>[] own =
        [
            new("service.name", "dovetail"), new("service.version", version), new("service.instance.id", machine),
            new("host.name", machine),
        ];
        return [.. given, .. own.ExceptBy(given.Select(static pair => pair.Key), static pair => pair.Key)];
    }
}
