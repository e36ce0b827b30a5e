namespace Dovetail.Metrics;

internal enum MetricKind
{
    /// <summary>What is the case at the moment.</summary>
    Gauge,

    /// <summary>A count of things that come and go.</summary>
    UpDownCounter,

    /// <summary>A sum that only grows.</summary>
    Counter,

    /// <summary>Values sorted into buckets.</summary>
    Histogram,

    /// <summary>Number and sum of values, without buckets.</summary>
    Summary,
}

/// <summary>What a metric is, whatever it is written in.</summary>
/// <param name="Name">As OpenTelemetry has names: words with dots between them, without the unit.</param>
/// <param name="Unit">By UCUM: <c>s</c>, <c>By</c>; what is counted in braces (<c>{request}</c>); empty for what has none.</param>
/// <param name="Help">What it is, in one line.</param>
internal sealed record MetricFamily(string Name, MetricKind Kind, string Unit, string Help)
{
    /// <summary>
    /// As Prometheus' conventions have it. It is also what a collector makes of <see cref="Name"/> that hands metrics on to Prometheus
    /// (OpenTelemetry, "Prometheus and OpenMetrics Compatibility"), so that alert rules and dashboards fit both ways.
    /// </summary>
    public string PrometheusName { get; } = Name.Replace('.', '_')
        + Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" }
        + (Kind == MetricKind.Counter ? "_total" : "");
}
