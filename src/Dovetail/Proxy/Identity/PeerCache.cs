using System.Net;
using Dovetail.Common;
using Dovetail.Proxy.Model;

namespace Dovetail.Proxy.Identity;

/// <summary>
/// Identities by address of the tailnet, for a short time; look-ups of one address that come together are one. A request
/// is judged by what is here when it begins, also on a connection that has been open for days.
/// </summary>
internal sealed partial class PeerCache(
    string service, IPeerDirectory directory, ListenerOptions options, TimeProvider time, ILogger logger)
{
    private const int SweepAbove = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Entry> _entries = [];
    private readonly LogThrottle _throttle = new(time);

    /// <summary>Never fails: a directory that does not answer gives <see cref="PeerIdentity.LookupFailed"/>.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up; the look-up goes on for others.</exception>
    public ValueTask<PeerIdentity> GetAsync(IPEndPoint peer, CancellationToken cancellationToken)
    {
        Entry? entry;
        lock (_lock)
        {
            if (!_entries.TryGetValue(peer.Address, out entry) || entry.IsStale(time))
            {
                Sweep();
                entry = new Entry();
                _entries[peer.Address] = entry;
                entry.Task = LookUpAsync(peer, entry);
            }
        }

        return entry.Task.IsCompletedSuccessfully
            ? new ValueTask<PeerIdentity>(entry.Task.Result)
            : new ValueTask<PeerIdentity>(entry.Task.WaitAsync(cancellationToken));
    }

    private async Task<PeerIdentity> LookUpAsync(IPEndPoint peer, Entry entry)
    {
        // Not under the lock of the caller.
        await Task.Yield();
        PeerIdentity identity;
        try
        {
            using var timeout = new CancellationTokenSource(options.PeerLookupTimeout, time);
            var found = await directory.WhoIsAsync(peer, timeout.Token).WaitAsync(timeout.Token);
            identity = found is null ? PeerIdentity.Unknown : new PeerIdentity(found);
        }
        catch (Exception e)
        {
            // The peer is not known, for whatever reason: fail closed, and let the requests that wait go on.
            identity = PeerIdentity.LookupFailed;
            if (_throttle.TryPass(out var suppressed))
            {
                Log.LookupFailed(logger, e, service, peer.Address, suppressed);
            }
        }

        entry.ExpireAfter(time, identity.Peer is null ? options.PeerFailureCacheTime : options.PeerCacheTime);
        return identity;
    }

    private void Sweep()
    {
        if (_entries.Count < SweepAbove)
        {
            return;
        }

        foreach (var (address, entry) in _entries)
        {
            if (entry.IsStale(time))
            {
                _entries.Remove(address);
            }
        }
    }

    private sealed class Entry
    {
        private long _since;
        private long _lifetime = -1;

        public Task<PeerIdentity> Task { get; set; } = null!;

        public bool IsStale(TimeProvider time)
        {
            var lifetime = Volatile.Read(ref _lifetime);
            return lifetime >= 0 && time.GetElapsedTime(_since).Ticks >= lifetime;
        }

        public void ExpireAfter(TimeProvider time, TimeSpan lifetime)
        {
            _since = time.GetTimestamp();
            Volatile.Write(ref _lifetime, lifetime.Ticks);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            4201,
            LogLevel.Warning,
            "{Service}: cannot find out who is at {Address}; its requests carry no identity ({Suppressed} more since the last such line)")]
        public static partial void LookupFailed(ILogger logger, Exception exception, string service, IPAddress address, int suppressed);
    }
}
