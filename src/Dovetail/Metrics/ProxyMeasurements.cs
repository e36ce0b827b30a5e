using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Dovetail.Proxy.Model;

namespace Dovetail.Metrics;

/// <summary>Collects what the listeners measure, from the first time it is asked for: until then they measure nothing.</summary>
/// <param name="instruments">Made before they are collected.</param>
internal sealed class ProxyMeasurements(ProxyMetrics instruments, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<string, MeasuredFamily> _families = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private MeterListener? _listener;

    /// <summary>Begins to collect; again, it does nothing.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (_listener is not null)
            {
                return;
            }

            _listener = new MeterListener { InstrumentPublished = Enable };
            _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((MeasuredFamily)state!).Add(value, tags));
            _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((MeasuredFamily)state!).Record(value, tags));
            _listener.Start();
        }
    }

    /// <param name="services">Those that have a node; null: all that there were.</param>
    public void Write(IMetricWriter writer, IReadOnlySet<string>? services)
    {
        foreach (var family in _families.Values.OrderBy(static family => family.Family.Name, StringComparer.Ordinal))
        {
            family.Write(writer, services);
        }
    }

    public void Dispose() => _listener?.Dispose();

    private void Enable(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter == instruments.Requests.Meter)
        {
            listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument.Name, _ => new MeasuredFamily(instrument, time)));
        }
    }
}
