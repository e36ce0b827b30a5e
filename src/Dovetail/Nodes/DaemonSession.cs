using Dovetail.Nodes.Facts;
using Dovetail.Processes;

namespace Dovetail.Nodes;

/// <summary>
/// The time of one tailscaled: what is done for the node in it ends with it, so that nothing late can touch the next one.
/// </summary>
internal sealed partial class DaemonSession : IAsyncDisposable
{
    private readonly ITailscaled _tailscaled;
    private readonly NodeObserver _observer;
    private readonly NodeFactsStore _facts;
    private readonly LogBuffer _log;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ended;
    private readonly TaskCompletionSource<SessionEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<Activity, Task> _work = [];
    private Task? _observation;
    private bool _closed;

    /// <param name="tailscaled">Owned.</param>
    /// <param name="log">What tailscaled writes.</param>
    /// <param name="stopping">Ends the session's work, not tailscaled.</param>
    public DaemonSession(
        ITailscaled tailscaled,
        NodeObserver observer,
        NodeFactsStore facts,
        LogBuffer log,
        TimeProvider time,
        ILogger logger,
        CancellationToken stopping)
    {
        _tailscaled = tailscaled;
        _observer = observer;
        _facts = facts;
        _log = log;
        _time = time;
        _logger = logger;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Ended = _ended.Token;
    }

    public int ProcessId => _tailscaled.ProcessId;

    /// <summary>Cancelled when the session is over.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Ends the session for a new tailscaled; the first call counts.</summary>
    public void End(SessionEnd end) => _end.TrySetResult(end);

    /// <summary>Asks tailscaled for its status without waiting for the next poll.</summary>
    public void PollSoon() => _observer.PollSoon();

    /// <summary>
    /// Waits for tailscaled to come up, then observes it until it ends, hangs, or <see cref="End"/> is called. One that hangs is killed.
    /// </summary>
    /// <param name="hangLimit">How long it may take to open its socket.</param>
    /// <exception cref="OperationCanceledException">The session is over.</exception>
    public async Task<SessionEnd> WatchAsync(TimeSpan hangLimit)
    {
        using var given = CancellationTokenSource.CreateLinkedTokenSource(Ended);
        var opened = _tailscaled.WaitForSocketAsync(hangLimit, given.Token);
        if (await Task.WhenAny(opened, _end.Task) != opened)
        {
            await given.CancelAsync();
            await ((Task)opened).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Ended.ThrowIfCancellationRequested();
            return await _end.Task;
        }

        if (!await opened)
        {
            return _tailscaled.Exited.IsCompleted ? await ExitAsync() : Hang("did not open its socket", hangLimit);
        }

        _observation = _observer.RunAsync(Ended);
        await Task.WhenAny(_tailscaled.Exited, _observation, _end.Task);
        Ended.ThrowIfCancellationRequested();
        if (_tailscaled.Exited.IsCompleted)
        {
            return await ExitAsync();
        }

        if (_end.Task.IsCompleted)
        {
            return await _end.Task;
        }

        await _observation;
        return Hang("stopped answering", hangLimit);
    }

    /// <summary>
    /// Starts work that belongs to this session and notes it in the facts, until it has ended. Does nothing when the same is under
    /// way, or when the session is over: the facts are the next one's then.
    /// </summary>
    public void TryStart(Activity activity, Func<CancellationToken, Task> work)
    {
        lock (_lock)
        {
            if (_closed || _end.Task.IsCompleted || _facts.Current.Does(activity))
            {
                return;
            }

            // Noted before it begins: the next look at the facts may come before the work does anything.
            _facts.Change(known => known with { Activities = known.Activities.Add(activity, _time.GetUtcNow()) });
            _work[activity] = Task.Run(() => RunAsync(activity, work), CancellationToken.None);
        }
    }

    /// <summary>Ends all work and waits for it; tailscaled still runs afterwards.</summary>
    public async Task EndWorkAsync()
    {
        Task[] work;
        lock (_lock)
        {
            _closed = true;
            work = [.. _work.Values, _observation ?? Task.CompletedTask];
        }

        await _ended.CancelAsync();
        // What is observed late would be taken for facts about the next tailscaled.
        await Task.WhenAll(work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends the work, then tailscaled (SIGTERM, and SIGKILL when that does not do).</summary>
    public async ValueTask DisposeAsync()
    {
        await EndWorkAsync();
        await _tailscaled.DisposeAsync();
        _ended.Dispose();
    }

    private SessionEnd Hang(string what, TimeSpan limit)
    {
        _tailscaled.Kill();
        return SessionEnd.Failure($"{what} for {limit.TotalSeconds:0} s and was replaced");
    }

    private async Task<SessionEnd> ExitAsync()
    {
        const int signalBase = 128;
        var exitCode = await _tailscaled.Exited;
        var how = exitCode > signalBase ? $"was ended by signal {exitCode - signalBase}" : $"ended with exit code {exitCode}";
        return SessionEnd.Failure(_log.Tail(1) is [var last] ? $"{how}; its last words: {last}" : how);
    }

    private async Task RunAsync(Activity activity, Func<CancellationToken, Task> work)
    {
        try
        {
            await work(Ended);
        }
        catch (OperationCanceledException) when (Ended.IsCancellationRequested)
        {
            // The session is over, and so is its work.
        }
        catch (Exception bug)
        {
            Log.Broken(_logger, bug, _facts.Current.Service.Name);
            // A new session starts from clean facts; going on with half-done ones could wait for ever.
            End(SessionEnd.Failure($"was replaced after an error in Dovetail: {bug.Message}"));
        }
        finally
        {
            _facts.Change(known => known with { Activities = known.Activities.Remove(activity) });
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3501, LogLevel.Error, "{Service}: this is a bug in Dovetail; the node starts anew")]
        public static partial void Broken(ILogger logger, Exception bug, string service);
    }
}
