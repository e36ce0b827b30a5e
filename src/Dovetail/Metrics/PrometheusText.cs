using System.Globalization;
using System.Text;

namespace Dovetail.Metrics;

/// <summary>Writes metrics in Prometheus' text format, version 0.0.4.</summary>
internal sealed class PrometheusText : IMetricWriter
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private MetricFamily? _family;

    public IMetricWriter Begin(MetricFamily family)
    {
        _family = family;
        var name = family.PrometheusName;
        _text.Append("# HELP ").Append(name).Append(' ').Append(Escaped(family.Help, quotes: false)).Append('\n')
            .Append("# TYPE ").Append(name).Append(' ').Append(TypeOf(family.Kind)).Append('\n');
        return this;
    }

    public void Sample(DateTimeOffset? since, double value, params ReadOnlySpan<(string Name, string Value)> attributes) =>
        Line("", value, attributes);

    public void Distribution(
        DateTimeOffset? since, ReadOnlySpan<double> bounds, ReadOnlySpan<long> counts, double sum,
        params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        var count = 0L;
        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            count += counts[bucket];
            if (_family!.Kind == MetricKind.Histogram)
            {
                Line("_bucket", count, [.. attributes, ("le", bucket < bounds.Length ? Number(bounds[bucket]) : "+Inf")]);
            }
        }

        Line("_sum", sum, attributes);
        Line("_count", count, attributes);
    }

    public override string ToString() => _text.ToString();

    private void Line(string suffix, double value, ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(_family!.PrometheusName).Append(suffix);
        for (var place = 0; place < labels.Length; place++)
        {
            _text.Append(place == 0 ? '{' : ',').Append(labels[place].Name.Replace('.', '_')).Append("=\"")
                .Append(Escaped(labels[place].Value, quotes: true)).Append('"');
        }

        _text.Append(labels.Length > 0 ? "} " : " ").Append(Number(value)).Append('\n');
    }

    private static string TypeOf(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Histogram => "histogram",
        MetricKind.Summary => "summary",
        _ => "gauge",
    };

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escaped(string text, bool quotes)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }
}
