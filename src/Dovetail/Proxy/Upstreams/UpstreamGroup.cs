using System.Collections.Immutable;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>The upstreams of one service (or of one of its raw TCP ports), and which of them the next request goes to.</summary>
internal sealed class UpstreamGroup(UpstreamDependencies dependencies) : IDisposable
{
    private readonly Lock _lock = new();
    private ImmutableArray<UpstreamCandidate> _candidates = [];
    private TaskCompletionSource _changed = NewSignal();
    private uint _turn;
    private bool _disposed;

    /// <summary>Completes when an upstream came, went or recovered. Take it before looking, so that no change is missed.</summary>
    public Task Changed => Volatile.Read(ref _changed).Task;

    public bool IsEmpty => Candidates.IsEmpty;

    /// <summary>Why it is empty, when it is.</summary>
    public UpstreamAbsence Absence { get; private set; }

    /// <summary>Whether containers of it are asleep.</summary>
    public bool HasSleeping { get; private set; }

    /// <inheritdoc cref="UpstreamDependencies" path="/param[@name='Use']"/>
    public IServiceUse? Use => dependencies.Use;

    /// <summary>Why the upstreams fail, when all of them do.</summary>
    public ConnectFailure? Failure => Candidates is { IsEmpty: false } all ? all[0].Target.Failure : null;

    private ImmutableArray<UpstreamCandidate> Candidates
    {
        get
        {
            lock (_lock)
            {
                return _candidates;
            }
        }
    }

    /// <summary>Takes the upstreams of a new configuration; those it shares with the old one keep their connections.</summary>
    /// <param name="absence">Why there are none, when there are none.</param>
    /// <param name="hasSleeping">Whether further ones can be started.</param>
    public void Update(
        HealthMode mode,
        IEnumerable<(UpstreamAddress Address, UpstreamHealth Health)> upstreams,
        UpstreamAbsence absence = UpstreamAbsence.NoContainer,
        bool hasSleeping = false)
    {
        ImmutableArray<UpstreamCandidate> old;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            old = _candidates;
            Absence = absence;
            HasSleeping = hasSleeping;
            _candidates =
            [
                .. upstreams.Select(wanted => new UpstreamCandidate(
                    old.FirstOrDefault(candidate => candidate.Target.Address == wanted.Address).Target
                        ?? new UpstreamTarget(wanted.Address, dependencies, Signal),
                    UpstreamCandidate.StandingOf(mode, wanted.Health))),
            ];
        }

        RetireAllBut(old, Candidates);
        Signal();
    }

    /// <summary>Chooses an upstream and counts the request in; <see cref="UpstreamTarget.Leave"/> counts it out.</summary>
    /// <param name="tried">Upstreams that this request has already failed to connect to.</param>
    /// <param name="evenFailing">Whether to choose one that is known to refuse connections rather than none.</param>
    /// <param name="evenStopping">Whether to choose one that has been told to stop rather than none.</param>
    /// <param name="evenNotReady">Whether to choose one whose HEALTHCHECK is not healthy rather than none.</param>
    /// <returns>Null when there is none.</returns>
    public UpstreamTarget? TryEnter(
        IReadOnlyCollection<UpstreamTarget> tried, bool evenFailing, bool evenStopping, bool evenNotReady = true)
    {
        while (true)
        {
            var turn = Interlocked.Increment(ref _turn);
            var target = Balancer.Choose(Candidates, tried, turn, evenFailing, evenStopping, evenNotReady);

            // Retired between the choice and now: there is a newer configuration.
            if (target is null || target.TryEnter())
            {
                return target;
            }
        }
    }

    public void Dispose()
    {
        ImmutableArray<UpstreamCandidate> old;
        lock (_lock)
        {
            _disposed = true;
            old = _candidates;
            _candidates = [];
        }

        RetireAllBut(old, []);
        Signal();
    }

    private static void RetireAllBut(ImmutableArray<UpstreamCandidate> old, ImmutableArray<UpstreamCandidate> kept)
    {
        foreach (var candidate in old)
        {
            if (!kept.Any(other => other.Target == candidate.Target))
            {
                candidate.Target.Dispose();
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Signal() => Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();
}
