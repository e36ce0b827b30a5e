using System.Collections.Immutable;

namespace Dovetail.Proxy.Model;

/// <summary>The counts behind <see cref="ListenerStatistics"/>.</summary>
internal sealed class ListenerCounters
{
    private readonly long[] _refused = new long[Enum.GetValues<RefusalReason>().Length];
    private long _requests;
    private int _activeRequests;
    private long _denied;
    private long _failed;

    public void RequestStarted()
    {
        Interlocked.Increment(ref _requests);
        Interlocked.Increment(ref _activeRequests);
    }

    public void RequestEnded() => Interlocked.Decrement(ref _activeRequests);

    public void RequestDenied() => Interlocked.Increment(ref _denied);

    public void RequestFailed() => Interlocked.Increment(ref _failed);

    public void ConnectionRefused(RefusalReason reason) => Interlocked.Increment(ref _refused[(int)reason]);

    public ListenerStatistics Read(int activeConnections, int held)
    {
        var refused = ImmutableSortedDictionary.CreateBuilder<RefusalReason, long>();
        for (var i = 0; i < _refused.Length; i++)
        {
            if (Interlocked.Read(ref _refused[i]) is > 0 and var count)
            {
                refused.Add((RefusalReason)i, count);
            }
        }

        return new ListenerStatistics(
            Interlocked.Read(ref _requests),
            Volatile.Read(ref _activeRequests),
            held,
            activeConnections,
            Interlocked.Read(ref _denied),
            Interlocked.Read(ref _failed),
            refused.ToImmutable());
    }
}
