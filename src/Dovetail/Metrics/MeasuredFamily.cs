using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Dovetail.Metrics;

/// <summary>What one instrument of the proxy has measured, by service and by one further tag at most.</summary>
internal sealed class MeasuredFamily(Instrument instrument)
{
    // OpenTelemetry's advice for http.server.request.duration, in seconds; longer ones for downloads and held requests.
    private static readonly double[] Bounds =
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, double.PositiveInfinity];

    private readonly ConcurrentDictionary<(string Service, string Tag), Series> _series = new();
    private readonly bool _isHistogram = instrument is Histogram<double>;
    private string? _tagName;

    /// <summary>As Prometheus' conventions have it: unit and <c>_total</c> at the end.</summary>
    public string Name { get; } = NameOf(instrument);

    public void Add(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => SeriesOf(tags).Add(value);

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => SeriesOf(tags).Record(value);

    /// <param name="services">Those that have a node; what is known of others is forgotten, or names would pile up.</param>
    public void Write(PrometheusText text, IReadOnlySet<string> services)
    {
        text.Begin(Name, TypeOf(), instrument.Description ?? "");
        foreach (var ((service, tag), series) in _series.OrderBy(static pair => pair.Key))
        {
            if (!services.Contains(service))
            {
                _series.TryRemove((service, tag), out _);
                continue;
            }

            var ofService = ("dovetail_service", service);
            (string, string)[] labels = _tagName is null ? [ofService] : [ofService, (_tagName, tag)];
            if (_isHistogram)
            {
                series.Write(text, labels);
            }
            else
            {
                text.Sample(series.Value, labels);
            }
        }
    }

    private string TypeOf() => _isHistogram ? "histogram" : instrument is Counter<long> ? "counter" : "gauge";

    private Series SeriesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // The service comes first, by ListenerMetrics.
        var tag = "";
        if (tags.Length > 1)
        {
            tag = (string)tags[1].Value!;
            _tagName ??= tags[1].Key.Replace('.', '_');
        }

        var key = ((string)tags[0].Value!, tag);
        return _series.TryGetValue(key, out var known) ? known : _series.GetOrAdd(key, new Series(_isHistogram ? Bounds.Length : 0));
    }

    private static string NameOf(Instrument instrument)
    {
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        return instrument.Name.Replace('.', '_') + unit + (instrument is Counter<long> ? "_total" : "");
    }

    private sealed class Series(int buckets)
    {
        private readonly long[] _counts = new long[buckets];
        private long _value;
        private long _microseconds;

        public long Value => Interlocked.Read(ref _value);

        public void Add(long value) => Interlocked.Add(ref _value, value);

        public void Record(double seconds)
        {
            var bucket = 0;
            while (seconds > Bounds[bucket])
            {
                bucket++;
            }

            Interlocked.Increment(ref _counts[bucket]);
            Interlocked.Add(ref _microseconds, (long)(seconds * 1e6));
        }

        public void Write(PrometheusText text, (string Name, string Value)[] labels)
        {
            var sum = 0L;
            for (var bucket = 0; bucket < _counts.Length; bucket++)
            {
                sum += Interlocked.Read(ref _counts[bucket]);
                text.Sample("_bucket", sum, [.. labels, ("le", PrometheusText.Number(Bounds[bucket]))]);
            }

            text.Sample("_sum", Interlocked.Read(ref _microseconds) / 1e6, labels).Sample("_count", sum, labels);
        }
    }
}
