using System.Collections.Immutable;
using Dovetail.Proxy.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>Which upstreams of a listener do not accept connections now, over HTTP and raw TCP together.</summary>
internal sealed class FailingUpstreams
{
    private readonly Lock _lock = new();
    private ImmutableDictionary<UpstreamAvailability, ConnectFailure> _failing =
        ImmutableDictionary<UpstreamAvailability, ConnectFailure>.Empty;
    private Action _changed = static () => { };

    /// <summary>Called after each change, and once when it is set. It must return soon.</summary>
    public Action Changed
    {
        set
        {
            Volatile.Write(ref _changed, value);
            value();
        }
    }

    /// <summary>Those that fail now, by container.</summary>
    public ImmutableArray<FailingUpstream> Current
    {
        get
        {
            lock (_lock)
            {
                return
                [
                    .. _failing.Select(static pair => new FailingUpstream(pair.Key.Address, pair.Value))
                        .OrderBy(static failing => failing.Address.ContainerName, StringComparer.Ordinal)
                        .ThenBy(static failing => failing.Address.Port),
                ];
            }
        }
    }

    /// <param name="failure">Null: it accepts again, or is no longer an upstream.</param>
    public void Set(UpstreamAvailability upstream, ConnectFailure? failure)
    {
        lock (_lock)
        {
            var before = _failing;
            _failing = failure is { } why ? before.SetItem(upstream, why) : before.Remove(upstream);
            if (ReferenceEquals(before, _failing))
            {
                return;
            }
        }

        Volatile.Read(ref _changed)();
    }
}
