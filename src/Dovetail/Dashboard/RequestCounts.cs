using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Dovetail.Proxy.Model;

namespace Dovetail.Dashboard;

/// <summary>Requests of a service that have ended since Dovetail started.</summary>
/// <param name="ClientErrors">Those with a status of 400 to 499.</param>
/// <param name="ServerErrors">Those with a status of 500 and more.</param>
/// <param name="LastMinute">All that ended within the last 60 seconds.</param>
internal sealed record ServiceRequests(long Total, long ClientErrors, long ServerErrors, long LastMinute);

/// <summary>Counts the requests of each service. Of all that listeners measure it asks for these alone.</summary>
internal sealed class RequestCounts : IDisposable
{
    private const int Window = 60;

    private readonly ConcurrentDictionary<string, Counts> _services = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private readonly TimeProvider _time;
    private readonly long _start;

    public RequestCounts(ProxyMetrics instruments, TimeProvider time)
    {
        (_time, _start) = (time, time.GetTimestamp());
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument == instruments.Requests)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Count(value, tags));
        _listener.Start();
    }

    public ServiceRequests Of(string service) =>
        _services.TryGetValue(service, out var counts) ? counts.Read(Second()) : new ServiceRequests(0, 0, 0, 0);

    /// <summary>Forgets services that have no node any more, or names would pile up.</summary>
    public void KeepOnly(IReadOnlySet<string> services)
    {
        foreach (var gone in _services.Keys.Where(name => !services.Contains(name)))
        {
            _services.TryRemove(gone, out _);
        }
    }

    public void Dispose() => _listener.Dispose();

    private void Count(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        // The service, then the class of the status, by ListenerMetrics.
        var counts = _services.GetOrAdd((string)tags[0].Value!, static _ => new Counts());
        counts.Add(value, (string)tags[1].Value!, Second());
    }

    private long Second() => (long)_time.GetElapsedTime(_start).TotalSeconds;

    private sealed class Counts
    {
        // By second modulo the window: which second it was, and how many ended in it.
        private readonly (long Second, long Count)[] _recent = new (long, long)[Window];
        private readonly Lock _lock = new();
        private long _total;
        private long _clientErrors;
        private long _serverErrors;

        public void Add(long value, string statusClass, long second)
        {
            lock (_lock)
            {
                _total += value;
                _clientErrors += statusClass == "4xx" ? value : 0;
                _serverErrors += statusClass == "5xx" ? value : 0;
                ref var slot = ref _recent[second % Window];
                slot = slot.Second == second ? (second, slot.Count + value) : (second, value);
            }
        }

        public ServiceRequests Read(long second)
        {
            lock (_lock)
            {
                var recent = _recent.Where(slot => second - slot.Second < Window).Sum(static slot => slot.Count);
                return new ServiceRequests(_total, _clientErrors, _serverErrors, recent);
            }
        }
    }
}
