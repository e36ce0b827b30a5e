namespace Dovetail.Metrics.Otlp;

/// <summary>
/// Writes metrics as an <c>ExportMetricsServiceRequest</c> of OTLP 1.x (opentelemetry-proto). Sums and histograms are cumulative, so that
/// one that is lost costs nothing but a point in time.
/// </summary>
internal sealed class OtlpDocument : IMetricWriter
{
    private const int Cumulative = 2;

    private readonly ProtobufWriter _to = new();
    private readonly ulong _now;
    private readonly int _resourceMetrics;
    private readonly int _scopeMetrics;
    private MetricFamily? _family;
    private (int Metric, int Data)? _open;

    /// <param name="resource">Names and values of what stands for this Dovetail.</param>
    /// <param name="version">Of Dovetail.</param>
    /// <param name="now">Time of all samples.</param>
    public OtlpDocument(IEnumerable<KeyValuePair<string, string>> resource, string version, DateTimeOffset now)
    {
        _now = Nanoseconds(now);
        _resourceMetrics = _to.Open(1);
        var described = _to.Open(1);
        foreach (var (name, value) in resource)
        {
            Attribute(1, name, value);
        }

        _to.Close(described);
        _scopeMetrics = _to.Open(2);
        var scope = _to.Open(1);
        _to.Text(1, "Dovetail");
        _to.Text(2, version);
        _to.Close(scope);
    }

    public IMetricWriter Begin(MetricFamily family)
    {
        End();
        _family = family;
        return this;
    }

    public void Sample(DateTimeOffset? since, double value, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        // NumberDataPoint
        var point = OpenPoint(since, attributes, attributesField: 7);
        _to.Double(4, value);
        _to.Close(point);
    }

    public void Distribution(
        DateTimeOffset? since, ReadOnlySpan<double> bounds, ReadOnlySpan<long> counts, double sum,
        params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        var count = 0L;
        foreach (var one in counts)
        {
            count += one;
        }

        // HistogramDataPoint
        var point = OpenPoint(since, attributes, attributesField: 9);
        _to.Fixed(4, (ulong)count);
        _to.Double(5, sum);
        _to.PackedFixed(6, counts);
        _to.PackedDouble(7, bounds);
        _to.Close(point);
    }

    /// <summary>Ends the document.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        End();
        _to.Close(_scopeMetrics);
        _to.Close(_resourceMetrics);
        return _to.Written;
    }

    private int OpenPoint(DateTimeOffset? since, ReadOnlySpan<(string Name, string Value)> attributes, int attributesField)
    {
        _open ??= OpenMetric(_family!);
        var point = _to.Open(1);
        foreach (var (name, value) in attributes)
        {
            Attribute(attributesField, name, value);
        }

        if (since is { } start)
        {
            _to.Fixed(2, Nanoseconds(start));
        }

        _to.Fixed(3, _now);
        return point;
    }

    // With its first sample: a metric without any is left out.
    private (int Metric, int Data) OpenMetric(MetricFamily family)
    {
        var metric = _to.Open(2);
        _to.Text(1, family.Name);
        _to.Text(2, family.Help);
        _to.Text(3, family.Unit);
        var (field, isSum) = family.Kind switch
        {
            MetricKind.Gauge => (5, false),
            MetricKind.Histogram or MetricKind.Summary => (9, false),
            _ => (7, true),
        };
        var data = _to.Open(field);
        if (family.Kind != MetricKind.Gauge)
        {
            _to.Integer(2, Cumulative);
        }

        if (isSum)
        {
            _to.Integer(3, family.Kind == MetricKind.Counter ? 1u : 0);
        }

        return (metric, data);
    }

    private void End()
    {
        if (_open is { } open)
        {
            _to.Close(open.Data);
            _to.Close(open.Metric);
            _open = null;
        }
    }

    private void Attribute(int field, string name, string value)
    {
        // KeyValue, with an AnyValue that is a text.
        var pair = _to.Open(field);
        _to.Text(1, name);
        var any = _to.Open(2);
        _to.Text(1, value);
        _to.Close(any);
        _to.Close(pair);
    }

    private static ulong Nanoseconds(DateTimeOffset at) =>
        (ulong)(at - DateTimeOffset.UnixEpoch).Ticks * (1_000_000 / TimeSpan.TicksPerMillisecond);
}
