namespace Dovetail.Nodes;

/// <summary>
/// The time of one tailscaled: what is done for the node in it ends with it, so that nothing late can touch the next one.
/// </summary>
internal sealed partial class DaemonSession : IAsyncDisposable
{
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ended;
    private readonly HashSet<Task> _work = [];
    private Task<bool>? _observation;
    private bool _closed;

    public DaemonSession(Tailscaled tailscaled, NodeObserver observer, ILogger logger, CancellationToken stopping)
    {
        _logger = logger;
        Tailscaled = tailscaled;
        Observer = observer;
        _ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Ended = _ended.Token;
    }

    public Tailscaled Tailscaled { get; }

    public NodeObserver Observer { get; }

    /// <summary>Cancelled when the life is over.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Set to end this life for a new one: at once when the result is null, else after a wait, with the result as the reason.</summary>
    public TaskCompletionSource<string?> Restart { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts to observe tailscaled.</summary>
    /// <returns>Ends with true when tailscaled hangs.</returns>
    public Task<bool> Observe() => _observation = Observer.RunAsync(Ended);

    /// <summary>Starts work that belongs to this life; does nothing when it is over.</summary>
    /// <param name="mark">Notes that the work runs; called first, and never once the life is over: the facts are the next one's then.</param>
    public void Begin(Action mark, Func<CancellationToken, Task> work)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            mark();
            var task = Task.Run(() => GuardAsync(work), CancellationToken.None);
            _work.Add(task);
            _ = task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Ends all work and waits for it; tailscaled still runs afterwards.</summary>
    public async Task EndWorkAsync()
    {
        Task[] work;
        lock (_lock)
        {
            _closed = true;
            work = [.. _work];
        }

        await _ended.CancelAsync();
        // What is observed late would be taken for facts about the next tailscaled.
        await Task.WhenAll([.. work, _observation ?? Task.CompletedTask]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await EndWorkAsync();
        await Tailscaled.DisposeAsync();
        Observer.Dispose();
        _ended.Dispose();
    }

    private void Forget(Task task)
    {
        lock (_lock)
        {
            _work.Remove(task);
        }
    }

    private async Task GuardAsync(Func<CancellationToken, Task> work)
    {
        try
        {
            await work(Ended);
        }
        catch (OperationCanceledException) when (Ended.IsCancellationRequested)
        {
            // The life is over, and so is its work.
        }
        catch (Exception bug)
        {
            Log.Broken(_logger, bug);
            // A new life starts from clean facts; going on with half-done ones could wait for ever.
            Restart.TrySetResult($"was replaced after an error in Dovetail: {bug.Message}");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3501, LogLevel.Error, "This is a bug in Dovetail; the node starts anew")]
        public static partial void Broken(ILogger logger, Exception bug);
    }
}
