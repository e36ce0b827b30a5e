using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Dovetail.Proxy;

/// <summary>The open connections of one node, which end with it while the server goes on for the others.</summary>
internal sealed class OpenConnections(TimeProvider time)
{
    // What Kestrel itself gives connections that it has cut.
    private static readonly TimeSpan CutTimeout = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<ConnectionContext> _open = [];
    private readonly TaskCompletionSource _none = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _closing;

    /// <returns>False: the node is stopping, and takes no more.</returns>
    public bool TryEnter(ConnectionContext connection)
    {
        lock (_lock)
        {
            return !_closing && _open.Add(connection);
        }
    }

    public void Leave(ConnectionContext connection)
    {
        lock (_lock)
        {
            _open.Remove(connection);
            if (_closing && _open.Count == 0)
            {
                _none.TrySetResult();
            }
        }
    }

    /// <summary>Lets no more in, lets those that are open finish what they do within <paramref name="drain"/>, cuts the rest.</summary>
    public async Task CloseAsync(TimeSpan drain)
    {
        foreach (var connection in BeginClosing())
        {
            // No further request; HTTP/2 says so to the client (GOAWAY).
            connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }

        if (await HaveEndedAsync(drain))
        {
            return;
        }

        foreach (var connection in Current())
        {
            connection.Abort(new ConnectionAbortedException("The service is stopped."));
        }

        await HaveEndedAsync(CutTimeout);
    }

    private ConnectionContext[] BeginClosing()
    {
        lock (_lock)
        {
            _closing = true;
            if (_open.Count == 0)
            {
                _none.TrySetResult();
            }

            return [.. _open];
        }
    }

    private ConnectionContext[] Current()
    {
        lock (_lock)
        {
            return [.. _open];
        }
    }

    private async Task<bool> HaveEndedAsync(TimeSpan atMost)
    {
        try
        {
            await _none.Task.WaitAsync(atMost, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
