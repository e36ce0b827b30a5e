using System.Threading.RateLimiting;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>
/// One request's search for an upstream that accepts it: another one after each that refused, else waiting up to
/// <c>dovetail.hold</c>, counted from the first time there was none.
/// </summary>
/// <param name="isOnce">The request cannot be repeated: it rather waits than goes to an upstream that has been told to stop.</param>
/// <param name="heldRequests">How many may wait; shared by all requests and raw connections of the service.</param>
/// <param name="stopping">The listener stops: who waits gives up.</param>
/// <param name="wake">How long it waits instead when containers are asleep, or were just started.</param>
internal sealed class UpstreamSearch(
    UpstreamGroup group,
    ConcurrencyLimiter heldRequests,
    ListenerMetrics metrics,
    TimeSpan hold,
    TimeProvider time,
    CancellationToken stopping,
    bool isOnce = false,
    WakeTerms wake = default)
{
    // Only for requests that do not wait: they try even those that are known to fail, each once. Those that wait leave
    // the failing ones to the probe, and may come back to one that has recovered.
    private readonly List<UpstreamTarget>? _tried = hold == TimeSpan.Zero ? [] : null;
    private long? _heldSince;

    /// <summary>How many times the request has waited.</summary>
    public int Waits { get; private set; }

    /// <summary>Why <see cref="NextAsync"/> gave null.</summary>
    public NoUpstreamReason Reason { get; private set; }

    /// <returns>The upstream to try, counted in; null: give up.</returns>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async ValueTask<UpstreamTarget?> NextAsync(CancellationToken aborted)
    {
        while (true)
        {
            var changed = group.Changed;
            var waking = Waking.Look(group);
            var held = _heldSince is { } since ? time.GetElapsedTime(since) : TimeSpan.Zero;
            var left = (waking.IsUnderWay && wake.Limit > hold ? wake.Limit : hold) - held;
            if (TryEnter(waking, left) is { } target)
            {
                return target;
            }

            _heldSince ??= time.GetTimestamp();
            var patience = waking.IsUnderWay && wake.Patience is { } page ? page - held : left;
            if (waking.HasFailed || left <= TimeSpan.Zero || patience <= TimeSpan.Zero)
            {
                Reason = waking.HasFailed ? NoUpstreamReason.NotStarted : left <= TimeSpan.Zero ? ReasonNow() : NoUpstreamReason.Waking;
                return null;
            }

            using var lease = heldRequests.AttemptAcquire();
            if (!lease.IsAcquired)
            {
                Reason = NoUpstreamReason.TooManyHeld;
                return null;
            }

            if (Waits++ == 0)
            {
                metrics.RequestHeld();
            }

            using var tracked = metrics.TrackHeldRequest();
            try
            {
                using var linked = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
                var either = waking.Changed is { } other ? Task.WhenAny(changed, other) : changed;
                await either.WaitAsync(patience < left ? patience : left, time, linked.Token);
            }
            catch (TimeoutException)
            {
                // The next round ends the search, or finds what came in the last moment.
            }
            catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
            {
                Reason = NoUpstreamReason.Stopping;
                return null;
            }
        }
    }

    /// <summary>The request could not connect to <paramref name="target"/>.</summary>
    public void Failed(UpstreamTarget target)
    {
        metrics.UpstreamConnectFailed();
        _tried?.Add(target);
    }

    // A container that was just started is not asked before it says that it is ready.
    private UpstreamTarget? TryEnter(Waking waking, TimeSpan left) => waking switch
    {
        { IsClosed: true } => null,
        { IsUnderWay: true } when left > TimeSpan.Zero =>
            group.TryEnter([], evenFailing: false, evenStopping: !isOnce, evenNotReady: false),
        _ => group.TryEnter(_tried ?? [], evenFailing: _tried is not null, evenStopping: !isOnce || left <= TimeSpan.Zero),
    };

    private NoUpstreamReason ReasonNow() => group switch
    {
        { IsEmpty: true, HasSleeping: true } => NoUpstreamReason.NotStarted,
        { IsEmpty: true, Absence: UpstreamAbsence.Unreachable } => NoUpstreamReason.NoRoute,
        { IsEmpty: true, Absence: UpstreamAbsence.Paused } => NoUpstreamReason.Paused,
        { IsEmpty: true, Absence: UpstreamAbsence.Restarting } => NoUpstreamReason.Restarting,
        { IsEmpty: true, Absence: UpstreamAbsence.Ended } => NoUpstreamReason.Ended,
        { IsEmpty: true } => NoUpstreamReason.NoUpstream,
        { Failure: ConnectFailure.TimedOut } => NoUpstreamReason.TimedOut,
        { Failure: ConnectFailure.Unreachable } => NoUpstreamReason.Unreachable,
        _ => NoUpstreamReason.Refused,
    };
}

/// <summary>Why a search for an upstream ended without one.</summary>
internal enum NoUpstreamReason
{
    /// <summary>The service has no upstream.</summary>
    NoUpstream,

    /// <summary>The service's container runs, but no way leads to it.</summary>
    NoRoute,

    /// <summary>The service's container is paused.</summary>
    Paused,

    /// <summary>The service's container ends again and again.</summary>
    Restarting,

    /// <summary>The service's container has ended.</summary>
    Ended,

    /// <summary>The service's container is being started: it is worth while to come again in a moment.</summary>
    Waking,

    /// <summary>The service's container cannot be started, or is not up in time.</summary>
    NotStarted,

    /// <summary>No upstream accepts connections.</summary>
    Refused,

    /// <summary>The upstreams do not answer.</summary>
    TimedOut,

    /// <summary>The network does not lead to the upstreams any more.</summary>
    Unreachable,

    /// <summary>Too many requests wait already.</summary>
    TooManyHeld,

    /// <summary>All services together have as many requests as there are file descriptors for.</summary>
    TooManyRequests,

    /// <summary>The listener stops.</summary>
    Stopping,
}
