using System.Net.Sockets;
using Dovetail.Proxy.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>
/// One upstream at run time, and how many requests it has. Lives from the configuration that names it first until its last request
/// after the configuration that no longer does.
/// </summary>
internal sealed class UpstreamTarget : IDisposable
{
    private readonly UpstreamAvailability _availability;
    private readonly UpstreamClients _clients;
    private readonly Lock _lock = new();
    private int _active;
    private volatile bool _isRetired;

    /// <param name="recovered">Called when the upstream accepts connections again.</param>
    public UpstreamTarget(UpstreamAddress address, UpstreamDependencies dependencies, Action recovered)
    {
        Address = address;
        _availability = new UpstreamAvailability(address, dependencies, recovered);
        _clients = new UpstreamClients(dependencies, _availability);
    }

    public UpstreamAddress Address { get; }

    /// <summary>Requests and raw connections in flight.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Why the last attempt to connect failed; null while the upstream accepts.</summary>
    public ConnectFailure? Failure => _availability.Failure;

    /// <summary>Whether the configuration that named it is over.</summary>
    public bool IsRetired => _isRetired;

    /// <summary>The client for a request to <paramref name="host"/>.</summary>
    public UpstreamClient ClientFor(HostString host) => _clients.For(host);

    /// <summary>A client for one request over HTTP/1.1.</summary>
    /// <param name="opened">Is given its connection, and gives the one to use.</param>
    /// <returns>The caller's own.</returns>
    public UpstreamClient OneClient(Func<Stream, Stream> opened) => _clients.ForOne(opened);

    /// <summary>Opens a connection for something else than HTTP.</summary>
    /// <exception cref="UpstreamConnectException">It could not be connected to, or was retired before.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public Task<Socket> ConnectAsync(CancellationToken cancellationToken) => _availability.ConnectAsync(cancellationToken);

    /// <summary>Counts a request in, so that the connections stay for it.</summary>
    /// <returns>False when the upstream has been retired meanwhile.</returns>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_isRetired)
            {
                return false;
            }

            _active++;
            return true;
        }
    }

    public void Leave()
    {
        bool last;
        lock (_lock)
        {
            last = --_active == 0 && _isRetired;
        }

        if (last)
        {
            _clients.Dispose();
        }
    }

    /// <summary>No configuration names the upstream any more: the requests it has may end, then its connections close.</summary>
    public void Dispose()
    {
        bool last;
        lock (_lock)
        {
            if (_isRetired)
            {
                return;
            }

            _isRetired = true;
            last = _active == 0;
        }

        _availability.Dispose();
        if (last)
        {
            _clients.Dispose();
        }
    }
}
