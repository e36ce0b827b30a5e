using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Dovetail.Proxy.Model;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>Sums of what a listener measures. Not a MetricCollector, which keeps every measurement: a flood makes a million.</summary>
internal sealed class TestMetrics : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string Instrument, string? Tag), long> _sums = new();

    /// <param name="meters">Of the listener's container: each test has meters of its own.</param>
    public TestMetrics(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Requests are to go the way that they go while nobody reads metrics: without being measured one by one.
            if (instrument.Meter.Name == ProxyMetrics.MeterName && instrument.Meter.Scope == meters && instrument is not Histogram<double>)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Add);
        _listener.Start();
    }

    public long Requests => Sum("requests");

    public long ActiveRequests => Sum("active_requests");

    public long HeldRequests => Sum("held_requests");

    public long DeniedRequests => Sum("denied_requests");

    public long FailedRequests => Sum("failed_requests");

    public long ActiveConnections => Sum("active_connections");

    /// <param name="statusClass">As the tag has it: <c>2xx</c>.</param>
    public long Answered(string statusClass) => Sum("requests", statusClass);

    /// <param name="reason">As the tag has it: <c>too_many_from_peer</c>.</param>
    public long Refused(string reason) => Sum("refused_connections", reason);

    public override string ToString() =>
        string.Join(", ", _sums.Where(sum => sum.Key.Tag is null).Select(sum => $"{sum.Key.Instrument} {sum.Value}"));

    public void Dispose() => _listener.Dispose();

    private long Sum(string name, string? tag = null) => _sums.GetValueOrDefault(($"dovetail.server.{name}", tag));

    private void Add(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        Add((instrument.Name, null), value);
        foreach (var (name, tag) in tags)
        {
            if (name != "dovetail.service")
            {
                Add((instrument.Name, (string)tag!), value);
            }
        }
    }

    private void Add((string Instrument, string? Tag) key, long value) => _sums.AddOrUpdate(key, value, (_, sum) => sum + value);
}
