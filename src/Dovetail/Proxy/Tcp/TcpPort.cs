using System.Collections.Concurrent;
using System.Net;
using Dovetail.Common;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Upstreams;
using Microsoft.AspNetCore.Connections;

namespace Dovetail.Proxy.Tcp;

/// <summary>One <c>dovetail.tcp.N</c>: accepts on the node's loopback address and relays to an upstream.</summary>
internal sealed partial class TcpPort : IAsyncDisposable
{
    private readonly int _nodePort;
    private readonly TcpDependencies _dependencies;
    private readonly IConnectionListener _listener;
    private readonly UpstreamGroup _upstreams;
    private readonly LogThrottle _throttle;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _cut = new();
    private readonly ConcurrentDictionary<Task, byte> _connections = new();
    private readonly Task _accepting;

    private TcpPort(int nodePort, TcpDependencies dependencies, IConnectionListener listener)
    {
        _nodePort = nodePort;
        _dependencies = dependencies;
        _listener = listener;
        _upstreams = new UpstreamGroup(dependencies.Upstreams);
        _throttle = new LogThrottle(dependencies.Time);
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.EndPoint;

    /// <summary>Listens on the port's own number at <paramref name="address"/>, or on any free one.</summary>
    /// <exception cref="IOException">Neither could be bound.</exception>
    public static async Task<TcpPort> OpenAsync(int nodePort, IPAddress address, TcpDependencies dependencies)
    {
        IConnectionListener listener;
        try
        {
            listener = await dependencies.Transport.BindAsync(new IPEndPoint(address, nodePort));
        }
        catch (Exception e) when (BindFailure.Is(e))
        {
            listener = await dependencies.Transport.BindAsync(new IPEndPoint(address, 0));
        }

        return new TcpPort(nodePort, dependencies, listener);
    }

    public void Update(ListenerConfig config) => _upstreams.Update(
        config.Service.Health,
        from upstream in config.Service.Upstreams
        from tcp in upstream.Tcp
        where tcp.NodePort == _nodePort
        select (
            new UpstreamAddress(
                upstream.ContainerId, upstream.ContainerName, upstream.Scheme, tcp.Host, tcp.Port, SecondHost: tcp.SecondHost)
            {
                IsContainer = upstream.IsContainer,
            },
            upstream.Health),
        config.Service.Absence,
        config.Service.Sleeping.Count > 0);

    /// <summary>Stops accepting, gives open connections <paramref name="drain"/> to end, cuts the rest.</summary>
    public async Task StopAsync(TimeSpan drain)
    {
        await _stopping.CancelAsync();
        await _listener.UnbindAsync();
        await _accepting;
        var all = Task.WhenAll(_connections.Keys);
        try
        {
            await all.WaitAsync(drain, _dependencies.Time);
        }
        catch (TimeoutException)
        {
            await _cut.CancelAsync();
            await all;
        }

        _upstreams.Dispose();
        await _listener.DisposeAsync();
        _stopping.Dispose();
        _cut.Dispose();
    }

    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero);

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                var connection = await _listener.AcceptAsync();
                if (connection is null)
                {
                    return;
                }

                var task = ServeAsync(connection);
                _connections.TryAdd(task, 0);
                _ = task.ContinueWith(
                    ended => _connections.TryRemove(ended, out _),
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
            }
            catch (Exception e) when (!_stopping.IsCancellationRequested)
            {
                // Out of descriptors, as a rule: others are closed in time, so go on.
                Log.AcceptFailed(_dependencies.Logger, e, _dependencies.Service, _nodePort);
                await Task.Delay(TimeSpan.FromMilliseconds(100), _dependencies.Time, CancellationToken.None);
            }
            catch (Exception)
            {
                // Unbound while it was accepting.
                return;
            }
        }
    }

    private async Task ServeAsync(ConnectionContext connection)
    {
        await Task.Yield();
        // Whatever it waits for, the PROXY header and the last bytes to a peer that does not read too: no connection outlives the drain.
        using var cut = _cut.Token.UnsafeRegister(static cut => ((ConnectionContext)cut!).Abort(), connection);
        await using var owned = connection;
        try
        {
            await _dependencies.Admission.OnConnectionAsync(connection, isHttps: false, () => null, RelayAsync);
        }
        catch (Exception e)
        {
            // Aborted, not closed: a part must not look like the whole.
            connection.Abort();
            Log.Ended(_dependencies.Logger, e, _dependencies.Service, _nodePort);
        }
    }

    private async Task RelayAsync(ConnectionContext connection)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, _cut.Token);
        var served = _dependencies.State.Current;
        if (!await IsAllowedAsync(connection, served, _cut.Token))
        {
            _dependencies.Metrics.ConnectionRefused(RefusalReason.NotAllowed);
            connection.Abort();
            return;
        }

        using var use = new Use(_upstreams.Use);
        var service = served.Config.Service;
        var search = new UpstreamSearch(
            _upstreams, _dependencies.HeldRequests, _dependencies.Metrics, service.Hold, _dependencies.Time, _stopping.Token,
            wake: new WakeTerms(service.Wake));
        while (await search.NextAsync(gone.Token) is { } target)
        {
            try
            {
                using var socket = await target.ConnectAsync(_cut.Token);
                await TcpRelay.RunAsync(connection.Transport, socket, _cut.Token);
                return;
            }
            catch (UpstreamConnectException)
            {
                search.Failed(target);
            }
            finally
            {
                target.Leave();
            }
        }

        _dependencies.Metrics.ConnectionRefused(RefusalReason.NoUpstream);
        connection.Abort();
    }

    private async Task<bool> IsAllowedAsync(ConnectionContext connection, ServedConfig served, CancellationToken cut)
    {
        if (served.Policy.AllowsEverybody)
        {
            return true;
        }

        var source = connection.Features.Get<PeerConnection>()!.Source;
        var identity = await _dependencies.Peers.GetAsync(source, cut);
        var decision = served.Policy.Decide(identity);
        if (decision != AccessDecision.Allowed && _throttle.TryPass(out var suppressed))
        {
            Log.Denied(_dependencies.Logger, _dependencies.Service, identity.Who, source.Address, _nodePort, decision.InWords(), suppressed);
        }

        return decision == AccessDecision.Allowed;
    }

    private static partial class Log
    {
        [LoggerMessage(4401, LogLevel.Warning, "{Service}: cannot accept a connection to TCP port {Port}; trying again")]
        public static partial void AcceptFailed(ILogger logger, Exception exception, string service, int port);

        [LoggerMessage(4402, LogLevel.Debug, "{Service}: a connection to TCP port {Port} broke off")]
        public static partial void Ended(ILogger logger, Exception exception, string service, int port);

        [LoggerMessage(
            4403,
            LogLevel.Information,
            "{Service}: denied {Who} at {Address} on TCP port {Port}: {Reason} ({Suppressed} more since the last such line)")]
        public static partial void Denied(
            ILogger logger, string service, string who, IPAddress address, int port, string reason, int suppressed);
    }
}
