using Microsoft.AspNetCore.Connections;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Gives up a connection whose socket is closed though its server goes on: Kestrel may wait for ever for streams of an HTTP/2
/// connection that was cut off under a flood of resets (dotnet/aspnetcore#51307). It would count as open, and a few peers could use
/// up the node's connections in this way.
/// </summary>
internal static class ClosedConnection
{
    // Kestrel itself gives the streams of a closed connection 5 s.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>A step of a connection, around everything that may fail to end.</summary>
    public static ConnectionDelegate Use(ConnectionDelegate next, TimeProvider time) => async connection =>
    {
        var serving = next(connection);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = connection.ConnectionClosed.UnsafeRegister(
            static state => ((TaskCompletionSource)state!).TrySetResult(), closed);
        if (await Task.WhenAny(serving, closed.Task) != serving)
        {
            try
            {
                await serving.WaitAsync(Grace, time);
            }
            catch (TimeoutException) when (!serving.IsCompleted)
            {
                // Nothing else refers to the task, so it is garbage collected together with what it waits for. If it does end, and fails,
                // that is no unobserved exception.
                _ = serving.ContinueWith(
                    static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                return;
            }
        }

        await serving;
    };
}
