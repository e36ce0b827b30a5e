namespace FakeTailscale.DataPath;

/// <summary>
/// Open while the node carries traffic. Connections of a node that is down or expired neither break nor end: they stand still until the
/// node is back (recorded).
/// </summary>
internal sealed class DataGate
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsOpen => _opened.Task.IsCompleted;

    public Task WaitAsync(CancellationToken cancellation)
    {
        Task opened = _opened.Task;
        return opened.IsCompleted ? opened : opened.WaitAsync(cancellation);
    }

    public void Set(bool open)
    {
        lock (_lock)
        {
            if (open)
            {
                _opened.TrySetResult();
            }
            else if (_opened.Task.IsCompleted)
            {
                _opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
