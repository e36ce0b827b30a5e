using System.Threading.Channels;
using Dovetail.Common;

namespace Dovetail.Docker;

/// <summary>Remembers that something changed since the reader last looked, and waits for the end of a burst of changes.</summary>
/// <param name="quietPeriod">A burst ends when no change has come for so long.</param>
/// <param name="maxWait">A burst that lasts longer is not waited for.</param>
internal sealed class Changes(TimeSpan quietPeriod, TimeSpan maxWait, TimeProvider time)
{
    // Within a second. Changes that come one by one, a little further apart than the quiet period, would otherwise each cause a look; the few
    // of one container that starts are looked at without delay.
    private const int MaxLooks = 4;

    // One entry: there was a change since the last Forget.
    private readonly Channel<bool> _pending =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private long _last;

    // When it was looked, the last times.
    private readonly Queue<long> _looks = new(MaxLooks);

    private TimeSpan SinceLast => time.GetElapsedTime(Volatile.Read(ref _last));

    public void Report()
    {
        Volatile.Write(ref _last, time.GetTimestamp());
        _pending.Writer.TryWrite(true);
    }

    /// <summary>No change will be reported any more: each further wait throws <paramref name="reason"/>.</summary>
    public void End(Exception reason)
    {
        _pending.Writer.TryComplete(reason);
        _pending.Reader.TryRead(out _);
    }

    /// <summary>For a reader that looks at everything from here on: what was reported so far needs no further look.</summary>
    public void Forget()
    {
        if (_looks.Count == MaxLooks)
        {
            _looks.Dequeue();
        }

        _looks.Enqueue(time.GetTimestamp());
        _pending.Reader.TryRead(out _);
    }

    /// <summary>
    /// Waits for a change since the last <see cref="Forget"/> and then for the end of its burst; without one, for
    /// <paramref name="atMost"/>. Throws what <see cref="End"/> was called with.
    /// </summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var wait = new DeadlineSource(atMost, time, cancellationToken);
        try
        {
            await _pending.Reader.WaitToReadAsync(wait.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return;
        }

        var begun = time.GetTimestamp();
        while (UntilLook(begun) is { Ticks: > 0 } left)
        {
            // A timer takes whole milliseconds, and would count a fraction as none.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), time, cancellationToken);
        }
    }

    /// <param name="begun">When the burst was first noticed.</param>
    private TimeSpan UntilLook(long begun)
    {
        var quiet = quietPeriod - SinceLast;
        var left = maxWait - time.GetElapsedTime(begun);
        var end = quiet < left ? quiet : left;
        return _looks.Count == MaxLooks && TimeSpan.FromSeconds(1) - time.GetElapsedTime(_looks.Peek()) is var next && next > end
            ? next
            : end;
    }
}
