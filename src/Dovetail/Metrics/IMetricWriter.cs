namespace Dovetail.Metrics;

/// <summary>Takes metrics down in one format. Attributes are names, with dots, and values, in order.</summary>
internal interface IMetricWriter
{
    /// <summary>Begins a metric; its samples follow.</summary>
    /// <returns>This writer.</returns>
    IMetricWriter Begin(MetricFamily family);

    /// <param name="since">From when on a sum has been counted; null: not known, or no sum.</param>
    void Sample(DateTimeOffset? since, double value, params ReadOnlySpan<(string Name, string Value)> attributes);

    /// <inheritdoc cref="Sample(DateTimeOffset?, double, ReadOnlySpan{ValueTuple{string, string}})"/>
    void Sample(double value, params ReadOnlySpan<(string Name, string Value)> attributes) => Sample(null, value, attributes);

    /// <summary>A sample of a histogram or a summary.</summary>
    /// <param name="bounds">Upper ends of all buckets but the last, which has none.</param>
    /// <param name="counts">Values in each bucket.</param>
    /// <param name="sum">Of all values.</param>
    void Distribution(
        DateTimeOffset? since, ReadOnlySpan<double> bounds, ReadOnlySpan<long> counts, double sum,
        params ReadOnlySpan<(string Name, string Value)> attributes);
}
