using Dovetail.Common;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Keeps a tailscaled running for a node: one session after the other, with waits that grow when they fail.</summary>
internal sealed partial class NodeSupervisor(
    NodeDependencies dependencies, NodePaths paths, ILocalApi api, NodeFactsStore facts, LogBuffer log) : IAsyncDisposable
{
    private readonly ILogger _logger = dependencies.Loggers.CreateLogger<NodeSupervisor>();
    private readonly WakeSignal _waited = new(dependencies.Time);
    private volatile DaemonSession? _session;

    /// <summary>The session in which work may be started; null while there is none.</summary>
    public DaemonSession? Session => _session;

    /// <summary>Ends the running tailscaled for a new one, or the wait for the next.</summary>
    public void Restart()
    {
        if (_session is { } session)
        {
            session.End(SessionEnd.OnRequest);
        }
        else
        {
            _waited.Set();
        }
    }

    /// <summary>
    /// Runs until <paramref name="stopping"/> is set. The last tailscaled then still runs, without any work, until this is disposed.
    /// </summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var timings = dependencies.Options.Timings;
        var failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            var begun = dependencies.Time.GetTimestamp();
            var end = await RunSessionAsync(stopping);
            if (stopping.IsCancellationRequested)
            {
                return;
            }

            facts.Change(static known => known with { Supervision = known.Supervision with { Restarts = known.Supervision.Restarts + 1 } });
            if (!end.IsFailure)
            {
                continue;
            }

            var isStable = dependencies.Time.GetElapsedTime(begun) >= timings.Stable;
            if (isStable && facts.Current.Serve.Applied is not null)
            {
                // It worked, so the next one most likely does too; one that dies again within seconds has to wait.
                failures = 0;
                Log.Ended(_logger, facts.Current.Service.Name, end.How);
                continue;
            }

            failures = isStable ? 1 : failures + 1;
            // A directory that can be written again is to be noticed soon; looking costs little.
            var longest = facts.Current.Supervision.StateError is null ? timings.RetryMax : timings.StateRetryMax;
            var wait = Backoff.Wait(failures, timings.RetryMin, longest, dependencies.Random.NextDouble());
            var down = new DaemonDown(end.How, dependencies.Time.GetUtcNow() + wait);
            facts.Change(known => known with
            {
                Supervision = known.Supervision with { Down = down },
                Tailnet = known.Tailnet with { Backend = null },
            });
            await _waited.WaitAsync(wait, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ends the last tailscaled.</summary>
    public ValueTask DisposeAsync() => EndSessionAsync();

    private async Task<SessionEnd> RunSessionAsync(CancellationToken stopping)
    {
        facts.Change(static known => known.ForNewSession());
        try
        {
            var session = Start(stopping);
            _session = session;
            var end = await session.WatchAsync(dependencies.Options.Timings.HangLimit);
            await EndSessionAsync();
            return end;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // tailscaled still carries the requests that are in flight.
            await (_session?.EndWorkAsync() ?? Task.CompletedTask);
            return SessionEnd.OnRequest;
        }
        catch (Exception failed) when (_session is null && failed is ChildStartException or IOException or UnauthorizedAccessException)
        {
            return SessionEnd.Failure($"could not be started: {failed.Message}");
        }
        catch (Exception bug)
        {
            Log.Broken(_logger, bug, facts.Current.Service.Name);
            await EndSessionAsync();
            return SessionEnd.Failure($"was replaced after an error in Dovetail: {bug.Message}");
        }
    }

    private DaemonSession Start(CancellationToken stopping)
    {
        if (StateFile.MoveAsideIfBroken(paths.State, dependencies.Time.GetUtcNow()) is { } aside)
        {
            facts.Change(known => known with { Supervision = known.Supervision with { StateMovedTo = aside } });
        }

        var observer = new NodeObserver(dependencies, api, facts);
        var memory = facts.Current.Service.Memory ?? dependencies.Options.Memory;
        var tailscaled = dependencies.Tailscaled.Start(paths, memory, line =>
        {
            log.Add(line);
            observer.Read(line);
        });
        facts.Change(known => known with { Daemon = known.Daemon with { ProcessId = tailscaled.ProcessId } });
        StateFile.MarkUsed(paths.State, dependencies.Time.GetUtcNow());
        Log.Started(_logger, facts.Current.Service.Name, tailscaled.ProcessId);
        var logger = dependencies.Loggers.CreateLogger<DaemonSession>();
        return new DaemonSession(tailscaled, observer, facts, log, dependencies.Time, logger, stopping);
    }

    private async ValueTask EndSessionAsync()
    {
        if (_session is { } session)
        {
            _session = null;
            await session.DisposeAsync();
            StateFile.MarkUsed(paths.State, dependencies.Time.GetUtcNow());
            facts.Change(static known => known with { Daemon = known.Daemon with { ProcessId = null } });
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3401, LogLevel.Debug, "{Service}: tailscaled runs with process id {ProcessId}")]
        public static partial void Started(ILogger logger, string service, int processId);

        [LoggerMessage(3403, LogLevel.Warning, "{Service}: tailscaled {How}; it is started again")]
        public static partial void Ended(ILogger logger, string service, string how);

        [LoggerMessage(3402, LogLevel.Error, "{Service}: this is a bug in Dovetail; tailscaled is started anew")]
        public static partial void Broken(ILogger logger, Exception bug, string service);
    }
}
