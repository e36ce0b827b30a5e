namespace Dovetail.Proxy.Connections;

/// <summary>
/// Keeps all listeners together within the file descriptors that the process may have. A connection takes one; a request takes as a rule
/// one more, for its connection to the upstream. Without a descriptor nothing works for anybody: no accept, no upstream, no status.
/// </summary>
/// <param name="descriptors">How many the process may have.</param>
internal sealed class DescriptorBudget(long descriptors)
{
    // For tailscaleds (pipes, LocalAPI), Docker, the admin socket, the runtime's own files.
    private const int Reserve = 512;

    private int _connections;
    private int _requests;

    /// <summary>How many connections, and how many requests, there may be at a time; at least 64.</summary>
    public int Size { get; } = (int)Math.Clamp((descriptors - Reserve) / 2, 64, int.MaxValue / 2);

    /// <summary>The most connections of one peer to one node, so that one cannot take all.</summary>
    public int PerPeer => Size / 4;

    /// <summary>The budget of this process: its hard limit, to which the .NET runtime has raised the soft one.</summary>
    public static DescriptorBudget OfProcess()
    {
        // proc_pid_limits(5): "Max open files", then soft and hard limit.
        var line = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return new DescriptorBudget(long.TryParse(soft, out var limit) ? limit : long.MaxValue);
    }

    public bool TryEnterConnection() => TryEnter(ref _connections);

    public void LeaveConnection() => Interlocked.Decrement(ref _connections);

    public bool TryEnterRequest() => TryEnter(ref _requests);

    public void LeaveRequest() => Interlocked.Decrement(ref _requests);

    private bool TryEnter(ref int count)
    {
        if (Interlocked.Increment(ref count) <= Size)
        {
            return true;
        }

        Interlocked.Decrement(ref count);
        return false;
    }
}
