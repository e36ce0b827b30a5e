using System.Collections.Concurrent;
using Dovetail.Nodes;

namespace Dovetail.Tests.Nodes.Fakes;

/// <summary>A tailscaled that ends when the test says so, or is told to.</summary>
internal sealed class FakeTailscaled(int processId, TimeProvider time, Journal journal) : ITailscaled
{
    public const int Killed = 128 + 9;

    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _socket = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int ProcessId => processId;

    public Task<int> Exited => _exited.Task;

    /// <summary>What ending it waits for.</summary>
    public Task Ending { get; set; } = Task.CompletedTask;

    public void OpenSocket() => _socket.TrySetResult();

    public void Exit(int code) => _exited.TrySetResult(code);

    public async Task<bool> WaitForSocketAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAny(_socket.Task, _exited.Task).WaitAsync(atMost, time, cancellationToken);
            return !_exited.Task.IsCompleted;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public void Kill()
    {
        journal.Add($"tailscaled {processId}: killed");
        Exit(Killed);
    }

    public async ValueTask DisposeAsync()
    {
        journal.Add($"tailscaled {processId}: ending");
        await Ending;
        Exit(0);
        journal.Add($"tailscaled {processId}: ended");
    }
}

/// <summary>Starts fakes, with process ids from 1 on.</summary>
internal sealed class FakeLauncher(TimeProvider time, Journal journal) : ITailscaledLauncher
{
    private readonly ConcurrentQueue<FakeTailscaled> _started = [];

    /// <summary>Thrown by the starts that come, one each.</summary>
    public ConcurrentQueue<Exception> Failures { get; } = [];

    /// <summary>Called with each that is started.</summary>
    public Action<FakeTailscaled> Started { get; set; } = static tailscaled => tailscaled.OpenSocket();

    public int Count => _started.Count;

    public FakeTailscaled Last => _started.Last();

    /// <summary>Soft memory limit of the last one in bytes.</summary>
    public long Memory { get; private set; }

    /// <summary>Takes a line as the last one would write it.</summary>
    public Action<string>? OnLine { get; private set; }

    public ITailscaled Start(NodePaths paths, long memory, Action<string> onLine)
    {
        if (Failures.TryDequeue(out var failure))
        {
            throw failure;
        }

        var tailscaled = new FakeTailscaled(_started.Count + 1, time, journal);
        (Memory, OnLine) = (memory, onLine);
        journal.Add($"tailscaled {tailscaled.ProcessId}: started");
        Started(tailscaled);
        _started.Enqueue(tailscaled);
        return tailscaled;
    }
}
