using Dovetail.Proxy.Upstreams;
using Dovetail.Services.Model;

namespace Dovetail.Sleep;

/// <summary>The use of one service. While a container of it is being stopped it is closed: requests wait.</summary>
/// <param name="wake">Starts what is asleep.</param>
internal sealed class ServiceUse(Func<Task<bool>> wake, TimeProvider time) : IServiceUse
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _closed = new(StringComparer.Ordinal);
    private int _active;
    private long _lastEnd = time.GetTimestamp();
    private long? _woken;
    private TimeSpan _wake;
    private TaskCompletionSource? _closing;
    private Task<bool>? _waking;

    public Task? Closing => Volatile.Read(ref _closing)?.Task;

    /// <summary>How long nobody has used it; zero while somebody does.</summary>
    public TimeSpan Idle
    {
        get
        {
            lock (_lock)
            {
                return _active > 0 ? TimeSpan.Zero : time.GetElapsedTime(_lastEnd);
            }
        }
    }

    public bool IsWaking
    {
        get
        {
            lock (_lock)
            {
                return _woken is { } since && time.GetElapsedTime(since) < _wake;
            }
        }
    }

    public void Enter()
    {
        lock (_lock)
        {
            _active++;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            _active--;
            _lastEnd = time.GetTimestamp();
        }
    }

    public Task<bool> WakeAsync()
    {
        lock (_lock)
        {
            if (_waking is { IsCompleted: false } underWay)
            {
                return underWay;
            }
        }

        // Not under the lock: it takes others. Containers are started once whoever comes first.
        var waking = wake();
        lock (_lock)
        {
            if (!waking.IsCompleted)
            {
                (_waking, _woken) = (waking, time.GetTimestamp());
            }
        }

        return waking;
    }

    public void Served(ServiceSpec service)
    {
        lock (_lock)
        {
            _wake = service.Wake;
            _closed.RemoveWhere(id => !service.Upstreams.Any(upstream => upstream.ContainerId == id));
            OpenIfAll();
        }
    }

    /// <summary>Lets no further request in, if nobody has used it for so long.</summary>
    /// <param name="containerId">What is to be stopped.</param>
    /// <returns>Whether it is closed; then <see cref="Open"/>, or a configuration without the container, opens it again.</returns>
    public bool TryClose(string containerId, TimeSpan idle)
    {
        lock (_lock)
        {
            if (_active > 0 || time.GetElapsedTime(_lastEnd) < idle)
            {
                return false;
            }

            _closed.Add(containerId);
            _closing ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }

    /// <summary>The container can be used after all.</summary>
    public void Open(string containerId)
    {
        lock (_lock)
        {
            _closed.Remove(containerId);
            OpenIfAll();
        }
    }

    private void OpenIfAll()
    {
        if (_closed.Count == 0 && _closing is { } closing)
        {
            _closing = null;
            closing.SetResult();
        }
    }
}
