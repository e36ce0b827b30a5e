using System.Net.Sockets;
using Dovetail.Common;

namespace Dovetail.Proxy.Upstreams;

/// <summary>
/// The open connections to one upstream. When that is retired, its container may have gone with its network, before the end of the
/// connections got out of it: what waits for an answer there would wait for ever. So each is tried from then on. One whose other end is
/// there, because only labels have changed, goes on undisturbed.
/// </summary>
internal sealed class UpstreamSockets(TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Whatever has answered for so long is there.
    private const int MostLooks = 30;

    // Sent again after 0.2, 0.4 and 0.8 s on a network of containers, without a sign of the other end.
    private const int SeemsLost = 3;

    private readonly Lock _lock = new();
    private List<WeakReference<Socket>> _open = [];
    private int _limit = 16;
    private bool _isRetired;

    /// <summary>As long as the upstream is known: finds out within a minute that the other end has vanished.</summary>
    public static void AskNowAndThen(Socket socket) => TcpConnection.KeepAlive(socket, idle: 30, interval: 10);

    /// <summary>Takes note of a connection, which remains the caller's.</summary>
    public void Add(Socket socket)
    {
        lock (_lock)
        {
            if (_open.Count == _limit)
            {
                _ = Open();
                _limit = Math.Max(16, 2 * _open.Count);
            }

            _open.Add(new WeakReference<Socket>(socket));
            if (!_isRetired)
            {
                return;
            }
        }

        AskOften(socket);
    }

    /// <summary>From now on those that lead nowhere are ended within some seconds.</summary>
    public void Retire()
    {
        List<Socket> open;
        lock (_lock)
        {
            if (_isRetired)
            {
                return;
            }

            _isRetired = true;
            open = Open();
        }

        if (open.Count > 0)
        {
            open.ForEach(AskOften);
            _ = WatchAsync();
        }
    }

    // The kernel asks the other end only when there is nothing that it has yet to acknowledge; for that it would try for a quarter of an hour.
    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval, time);
        for (var look = 1; await timer.WaitForNextTickAsync(); look++)
        {
            List<Socket> open;
            lock (_lock)
            {
                open = Open();
            }

            open.ForEach(EndIfLost);
            if (open.Count == 0 || look == MostLooks)
            {
                open.ForEach(AskNowAndThen);
                return;
            }
        }
    }

    private static void AskOften(Socket socket) => TcpConnection.KeepAlive(socket, idle: 1, interval: 1);

    // By the kernel, the next time that it sends again in vain: what is about to wait for an answer then sees a broken connection, not an
    // end. An application that does not read acknowledges all the same, and is waited for.
    private static void EndIfLost(Socket socket) => TcpConnection.EndStalledAfter(
        socket, TcpConnection.Retransmits(socket) >= SeemsLost ? Interval : TimeSpan.Zero);

    // Under the lock: forgets those that are closed.
    private List<Socket> Open()
    {
        List<Socket> open = [];
        List<WeakReference<Socket>> known = [];
        foreach (var reference in _open)
        {
            if (reference.TryGetTarget(out var socket) && !socket.SafeHandle.IsClosed)
            {
                open.Add(socket);
                known.Add(reference);
            }
        }

        _open = known;
        return open;
    }
}
