using System.Collections.Immutable;
using Dovetail.Common;
using Dovetail.Nodes;

namespace Dovetail.Reconciliation;

/// <summary>
/// Logs machines out whose service no container has wanted for long (<c>DOVETAIL_FORGET_AFTER</c>), by the same rules and in the same way
/// as <c>dovetail prune</c>. What counts is the time in which Dovetail has seen it, listing by listing.
/// </summary>
/// <param name="find">The states that no container wants, as <see cref="UnwantedStates.FindAsync"/> gives them.</param>
internal sealed partial class Forgetter(
    Func<CancellationToken, Task<(IReadOnlyList<StoredState> States, string? Problem)>> find,
    Reconciler reconciler,
    INodeFactory nodes,
    ForgetterOptions options,
    TimeProvider time,
    Random random,
    ILogger<Forgetter> logger) : BackgroundService
{
    private static readonly TimeSpan WritePause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MinRetry = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan MaxRetry = TimeSpan.FromHours(6);

    private readonly Dictionary<string, FailedTry> _failed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);
    private ImmutableArray<UnwantedTime> _times = [];
    private ImmutableArray<UnwantedTime> _written = [];
    private long? _writtenAt;

    // Since when every listing has been good, and when the last one was; null: the last one was not.
    private long? _goodSince;
    private long? _goodAt;
    private bool _cannotWrite;
    private volatile IReadOnlyList<UnwantedMachine> _machines = [];

    /// <summary>As of the last listing; sorted by name.</summary>
    public IReadOnlyList<UnwantedMachine> Machines => _machines;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _times = _written = [.. UnwantedFile.Read(options.StateRoot)];
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(stoppingToken);
            }
            catch (Exception bug) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Broken(logger, bug);
                _goodAt = _goodSince = null;
            }

            await Task.Delay(options.Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RoundAsync(CancellationToken cancellationToken)
    {
        // 1. What is unwanted now. Nothing counts while that is not known.
        if (!await LookAsync(cancellationToken))
        {
            return;
        }

        // 2. Who has been unwanted long enough, one by one: each takes its time, and the next may be wanted by then.
        while (_goodSince is { } since && time.GetElapsedTime(since) >= options.Settle
            && _times.FirstOrDefault(IsDue) is { } due)
        {
            await ForgetAsync(due, cancellationToken);
            if (!await LookAsync(cancellationToken))
            {
                return;
            }
        }
    }

    private async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        var (unwanted, problem) = await find(cancellationToken);
        if (problem is not null)
        {
            _goodAt = _goodSince = null;
            Publish();
            return false;
        }

        // A machine that slept, or was stopped, has seen nothing meanwhile.
        var limit = 2 * options.Interval;
        var watched = _goodAt is not { } last ? TimeSpan.Zero : time.GetElapsedTime(last) is var passed && passed < limit ? passed : limit;
        _goodAt = time.GetTimestamp();
        _goodSince ??= _goodAt;
        var before = _times;
        _times = UnwantedTime.Next(before, unwanted, watched);
        Tell(before);
        Publish();
        Write();
        return true;
    }

    private void Tell(ImmutableArray<UnwantedTime> before)
    {
        _warned.IntersectWith(_times.Select(static known => known.Name));
        foreach (var known in _times)
        {
            var old = before.FirstOrDefault(old => old.Name == known.Name);
            if (old is null)
            {
                Log.Unwanted(logger, known.Name, Ages.Short(options.After));
            }

            // A tailscaled that ends just now marks its state once more: that is no news.
            if (old?.LastUsed != known.LastUsed)
            {
                _warned.Remove(known.Name);
                _failed.Remove(known.Name);
            }
            else if (Left(known) <= options.Notice && _warned.Add(known.Name))
            {
                Log.Soon(logger, known.Name, Ages.Short(known.Seen), Ages.Short(Left(known)));
            }
        }

        foreach (var name in _failed.Keys.Except(_times.Select(static known => known.Name)).ToList())
        {
            _failed.Remove(name);
        }
    }

    private void Publish()
    {
        var now = time.GetUtcNow();
        var settles = options.Settle - (_goodSince is { } since ? time.GetElapsedTime(since) : TimeSpan.Zero);
        _machines =
        [
            .. from known in _times
               let failed = _failed.GetValueOrDefault(known.Name)
               let left = Left(known)
               let at = failed?.NextAt ?? (now + (left > settles ? left : settles))
               select new UnwantedMachine(known.Name, at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMinute)), failed?.Reason),
        ];
    }

    // Each name at once, for a daemon that ends meanwhile; the passing of time now and then.
    private void Write()
    {
        var isSame = _times.Select(static known => (known.Name, known.LastUsed))
            .SequenceEqual(_written.Select(static known => (known.Name, known.LastUsed)));
        if (isSame && (_times.IsEmpty || (_writtenAt is { } at && time.GetElapsedTime(at) < WritePause)))
        {
            return;
        }

        try
        {
            UnwantedFile.Write(options.StateRoot, _times);
            (_written, _writtenAt, _cannotWrite) = (_times, time.GetTimestamp(), false);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            if (!_cannotWrite)
            {
                _cannotWrite = true;
                Log.CannotWrite(logger, UnwantedFile.PathIn(options.StateRoot), failed.Message);
            }
        }
    }

    private async Task ForgetAsync(UnwantedTime due, CancellationToken cancellationToken)
    {
        Log.Forgetting(logger, due.Name, Ages.Short(due.Seen));
        var outcome = await reconciler.ForgetAsync(due.Name, force: false, cancellationToken);
        if (outcome.Done)
        {
            return;
        }

        var failures = (_failed.GetValueOrDefault(due.Name)?.Failures ?? 0) + 1;
        var wait = Backoff.Wait(failures, MinRetry, MaxRetry, random.NextDouble());
        _failed[due.Name] = new FailedTry(failures, time.GetUtcNow() + wait, outcome.Reason ?? "");
        Log.Failed(logger, due.Name, outcome.Reason ?? "", Ages.Short(wait));

        // The tailscaled that was to log it out may have written its state: that is no use of it.
        if (nodes.States().FirstOrDefault(state => state.Name == due.Name) is { } now)
        {
            _times = [.. _times.Select(known => known.Name == due.Name ? known with { LastUsed = now.LastUsed } : known)];
        }
    }

    private bool IsDue(UnwantedTime known) =>
        Left(known) == TimeSpan.Zero && !(_failed.GetValueOrDefault(known.Name) is { } failed && time.GetUtcNow() < failed.NextAt);

    private TimeSpan Left(UnwantedTime known) => known.Seen < options.After ? options.After - known.Seen : TimeSpan.Zero;

    private sealed record FailedTry(int Failures, DateTimeOffset NextAt, string Reason);

    private static partial class Log
    {
        [LoggerMessage(2011, LogLevel.Information,
            "{Service}: no container wants it; unless one does, its machine is logged out and its state removed in {After} "
            + "(DOVETAIL_FORGET_AFTER)")]
        public static partial void Unwanted(ILogger logger, string service, string after);

        [LoggerMessage(2012, LogLevel.Warning,
            "{Service}: no container has wanted it for {Seen}; its machine is logged out and its state removed in {Left} "
            + "(DOVETAIL_FORGET_AFTER)")]
        public static partial void Soon(ILogger logger, string service, string seen, string left);

        [LoggerMessage(2013, LogLevel.Information,
            "{Service}: no container has wanted it for {Seen}: its machine is logged out now (DOVETAIL_FORGET_AFTER)")]
        public static partial void Forgetting(ILogger logger, string service, string seen);

        [LoggerMessage(2014, LogLevel.Warning, "{Service}: is not forgotten, and tried again in {Wait}: {Reason}")]
        public static partial void Failed(ILogger logger, string service, string reason, string wait);

        [LoggerMessage(2015, LogLevel.Warning,
            "{Path} cannot be written ({Error}): the time for which no container has wanted a service begins anew with the next start")]
        public static partial void CannotWrite(ILogger logger, string path, string error);

        [LoggerMessage(2016, LogLevel.Error, "This is a bug in Dovetail; no machine is logged out meanwhile")]
        public static partial void Broken(ILogger logger, Exception bug);
    }
}
