namespace TestBackend;

/// <summary>What became of one request, and what it waits for; both by the <c>id</c> in its query.</summary>
internal sealed class Exchange
{
    public const string Expected = "expected";
    public const string Running = "running";
    public const string Completed = "completed";
    public const string Aborted = "aborted";

    private readonly TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string _state = Expected;
    private long _bytes;

    public string State
    {
        get => _state;
        set => _state = value;
    }

    /// <summary>Bytes of the body so far, of the request or of the answer.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public void Count(int bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Say() => _said.TrySetResult();

    public Task WaitAsync(CancellationToken cancellation) => _said.Task.WaitAsync(cancellation);
}
