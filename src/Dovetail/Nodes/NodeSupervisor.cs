using Dovetail.Common;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Keeps a tailscaled running for a node: starts one, watches it, replaces it when it ends or hangs.</summary>
internal sealed partial class NodeSupervisor(
    NodeDependencies services, NodePaths paths, LocalApiClient api, NodeFactsStore facts, LogBuffer log, CurrentTailscaled owner, ILogger logger)
    : IDisposable
{
    private readonly WakeSignal _waited = new();
    private volatile DaemonSession? _life;

    /// <summary>The life in which work may be begun; null while there is none.</summary>
    public DaemonSession? Life => _life;

    /// <summary>Ends the running tailscaled for a new one, or the wait for the next.</summary>
    public void Restart()
    {
        if (_life is { } life)
        {
            life.Restart.TrySetResult(null);
        }

        _waited.Set();
    }

    /// <summary>How often tailscaled was started after the first time.</summary>
    public int Restarts { get; private set; }

    /// <param name="drain">Called when <paramref name="stopping"/> is set, while tailscaled still carries what is in flight.</param>
    public async Task RunAsync(Func<Task> drain, CancellationToken stopping)
    {
        var failures = 0;
        while (!stopping.IsCancellationRequested)
        {
            facts.Change(static known => known.ForNewLife());
            var begun = services.Time.GetTimestamp();
            var end = await LiveAsync(drain, stopping);
            if (stopping.IsCancellationRequested)
            {
                return;
            }

            Restarts++;
            if (end is null)
            {
                continue;
            }

            failures = services.Time.GetElapsedTime(begun) >= services.Settings.Timings.Stable ? 1 : failures + 1;
            var timings = services.Settings.Timings;
            // A directory that can be written again is to be noticed soon; looking costs little.
            var longest = facts.Current.StateError is null ? timings.RetryMax : timings.StateRetryMax;
            var wait = Backoff.Wait(failures, timings.RetryMin, longest, services.Random.NextDouble());
            facts.Change(known => known with { Backend = null, Down = new DaemonDown(end, services.Time.GetUtcNow() + wait) });
            await _waited.WaitAsync(wait, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _waited.Dispose();

    /// <returns>How tailscaled ended; null: it was ended on purpose.</returns>
    private async Task<string?> LiveAsync(Func<Task> drain, CancellationToken stopping)
    {
        Tailscaled tailscaled;
        try
        {
            if (StateFile.MoveAsideIfBroken(paths.State, services.Time.GetUtcNow()) is { } aside)
            {
                facts.Change(known => known with { StateMovedTo = aside });
            }

            tailscaled = Tailscaled.Start(services, paths, facts.Current.Service.Memory ?? services.Settings.Memory, log);
        }
        catch (Exception failed) when (failed is ChildStartException or IOException or UnauthorizedAccessException)
        {
            return $"could not be started: {failed.Message}";
        }

        owner.Set(tailscaled.ProcessId);
        Log.Started(logger, facts.Current.Service.Name, tailscaled.ProcessId);
        var observer = new NodeObserver(services, api, facts, logger);
        var life = new DaemonSession(tailscaled, observer, logger, stopping);
        try
        {
            return await WatchAsync(life, stopping);
        }
        finally
        {
            _life = null;
            await life.EndWorkAsync();
            if (stopping.IsCancellationRequested)
            {
                await drain();
            }

            await life.DisposeAsync();
            owner.Set(null);
        }
    }

    private async Task<string?> WatchAsync(DaemonSession life, CancellationToken stopping)
    {
        var tailscaled = life.Tailscaled;
        var timings = services.Settings.Timings;
        try
        {
            if (!await tailscaled.WaitForSocketAsync(timings.HangLimit, stopping))
            {
                return tailscaled.Exited.IsCompleted ? await EndOfAsync(tailscaled) : HangOf(tailscaled, "did not open its socket");
            }

            _life = life;
            var hang = life.Observe();
            await Task.WhenAny(tailscaled.Exited, hang, life.Restart.Task);
            if (tailscaled.Exited.IsCompleted)
            {
                return await EndOfAsync(tailscaled);
            }

            if (life.Restart.Task.IsCompleted)
            {
                return await life.Restart.Task;
            }

            return stopping.IsCancellationRequested ? null : HangOf(tailscaled, "stopped answering");
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return null;
        }
    }

    private string HangOf(Tailscaled tailscaled, string what)
    {
        tailscaled.Kill();
        return $"{what} for {services.Settings.Timings.HangLimit.TotalSeconds:0} s and was replaced";
    }

    private async Task<string> EndOfAsync(Tailscaled tailscaled)
    {
        const int signalBase = 128;
        var exitCode = await tailscaled.Exited;
        var how = exitCode > signalBase ? $"was ended by signal {exitCode - signalBase}" : $"ended with exit code {exitCode}";
        return log.Tail(1) is [var last] ? $"{how}; its last words: {last}" : how;
    }

    private static partial class Log
    {
        [LoggerMessage(3401, LogLevel.Debug, "{Service}: tailscaled runs with process id {ProcessId}")]
        public static partial void Started(ILogger logger, string service, int processId);
    }
}
