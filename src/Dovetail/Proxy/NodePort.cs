using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Dovetail.Proxy;

/// <summary>A node's listening socket: what it accepts goes to the shared server.</summary>
internal sealed partial class NodePort : IAsyncDisposable
{
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly IConnectionListener _listener;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    /// <param name="listener">Owned.</param>
    /// <param name="serve">Takes an accepted connection; false: nobody serves it.</param>
    public NodePort(IConnectionListener listener, Func<ConnectionContext, bool> serve, TimeProvider time, ILogger logger)
    {
        _listener = listener;
        _time = time;
        _logger = logger;
        _accepting = AcceptAsync(serve);
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.EndPoint;

    /// <summary>Closes the socket; connections that were accepted go on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_stopping.IsCancellationRequested)
        {
            await _stopping.CancelAsync();
            await _listener.DisposeAsync();
            await _accepting;
            _stopping.Dispose();
        }
    }

    private async Task AcceptAsync(Func<ConnectionContext, bool> serve)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (await _listener.AcceptAsync() is not { } connection)
                {
                    return;
                }

                if (!serve(connection))
                {
                    connection.Abort();
                    await connection.DisposeAsync();
                }
            }
            catch (Exception e) when (!_stopping.IsCancellationRequested)
            {
                // Out of descriptors, as a rule: others are closed in time, so go on.
                Log.AcceptFailed(_logger, e, EndPoint);
                await Task.Delay(AcceptPause, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception)
            {
                // Closed while it was accepting.
                return;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4012, LogLevel.Warning, "Cannot accept a connection at {EndPoint}; trying again")]
        public static partial void AcceptFailed(ILogger logger, Exception exception, IPEndPoint endPoint);
    }
}
