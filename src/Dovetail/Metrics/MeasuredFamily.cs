using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Dovetail.Metrics;

/// <summary>What one instrument of the proxy has measured, by service and by one further tag at most.</summary>
internal sealed class MeasuredFamily(Instrument instrument, TimeProvider time)
{
    // OpenTelemetry's advice for http.server.request.duration, in seconds; longer ones for downloads and held requests.
    private static readonly double[] Bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60];

    private readonly ConcurrentDictionary<(string Service, string Tag), Series> _series = new();
    private readonly bool _isHistogram = instrument is Histogram<double>;
    private string? _tagName;

    public MetricFamily Family { get; } = new(instrument.Name, KindOf(instrument), instrument.Unit ?? "", instrument.Description ?? "");

    public void Add(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => SeriesOf(tags).Add(value);

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => SeriesOf(tags).Record(value);

    /// <param name="services">Those that have a node; what is known of others is forgotten, or names would pile up. Null: all stay.</param>
    public void Write(IMetricWriter writer, IReadOnlySet<string>? services)
    {
        writer.Begin(Family);
        foreach (var ((service, tag), series) in _series.OrderBy(static pair => pair.Key))
        {
            if (services?.Contains(service) == false)
            {
                _series.TryRemove((service, tag), out _);
                continue;
            }

            var ofService = ("dovetail.service", service);
            series.Write(writer, _tagName is null ? [ofService] : [ofService, (_tagName, tag)]);
        }
    }

    private static MetricKind KindOf(Instrument instrument) => instrument switch
    {
        Histogram<double> => MetricKind.Histogram,
        Counter<long> => MetricKind.Counter,
        _ => MetricKind.UpDownCounter,
    };

    private Series SeriesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // The service comes first, by ListenerMetrics.
        var tag = "";
        if (tags.Length > 1)
        {
            tag = (string)tags[1].Value!;
            _tagName ??= tags[1].Key;
        }

        var key = ((string)tags[0].Value!, tag);
        return _series.TryGetValue(key, out var known)
            ? known
            : _series.GetOrAdd(key, new Series(_isHistogram ? Bounds.Length + 1 : 0, time.GetUtcNow()));
    }

    private sealed class Series(int buckets, DateTimeOffset since)
    {
        private readonly long[] _counts = new long[buckets];
        private long _value;
        private long _microseconds;

        public void Add(long value) => Interlocked.Add(ref _value, value);

        public void Record(double seconds)
        {
            var bucket = 0;
            while (bucket < Bounds.Length && seconds > Bounds[bucket])
            {
                bucket++;
            }

            Interlocked.Increment(ref _counts[bucket]);
            Interlocked.Add(ref _microseconds, (long)(seconds * 1e6));
        }

        public void Write(IMetricWriter writer, ReadOnlySpan<(string Name, string Value)> attributes)
        {
            if (_counts.Length == 0)
            {
                writer.Sample(since, Interlocked.Read(ref _value), attributes);
                return;
            }

            var counts = new long[_counts.Length];
            for (var bucket = 0; bucket < counts.Length; bucket++)
            {
                counts[bucket] = Interlocked.Read(ref _counts[bucket]);
            }

            writer.Distribution(since, Bounds, counts, Interlocked.Read(ref _microseconds) / 1e6, attributes);
        }
    }
}
