using System.Collections.Concurrent;
using System.Net.Sockets;

namespace LoadBench.Helpers;

/// <summary>
/// Makes sockets on a thread of its own. A socket belongs to the namespace of the thread that makes it, and a thread to that of the thread
/// that starts it: of the runtime's own threads nobody knows which.
/// </summary>
internal sealed class SocketMaker
{
    private readonly BlockingCollection<TaskCompletionSource<Socket>> _wanted = [];

    /// <summary>Its sockets belong where it is made.</summary>
    public SocketMaker() => new Thread(Run) { IsBackground = true }.Start();

    public Task<Socket> MakeAsync()
    {
        var wanted = new TaskCompletionSource<Socket>(TaskCreationOptions.RunContinuationsAsynchronously);
        _wanted.Add(wanted);
        return wanted.Task;
    }

    private void Run()
    {
        foreach (var wanted in _wanted.GetConsumingEnumerable())
        {
            wanted.SetResult(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        }
    }
}
