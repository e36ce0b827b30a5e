using Dovetail.Proxy.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>
/// One upstream at run time: its connections, how many requests it has, and whether it accepts connections now. Lives
/// from the configuration that names it first until its last request after the configuration that no longer does.
/// </summary>
internal sealed partial class UpstreamTarget : IDisposable
{
    private static readonly TimeSpan FirstProbe = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastProbe = TimeSpan.FromSeconds(1);

    private readonly string _service;
    private readonly ListenerOptions _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly FailingUpstreams _failing;
    private readonly Action _recovered;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _retired = new();
    private readonly CancellationToken _whenRetired;
    private readonly Lazy<UpstreamClient> _pooled;
    private readonly Lazy<UpstreamClient> _unpooled;
    private int _active;
    private bool _isRetired;
    private bool _isProbing;
    private volatile FailureState? _failure;

    /// <param name="failing">Told when the upstream ceases to accept connections, and when it accepts again.</param>
    /// <param name="recovered">Called when the upstream accepts connections again.</param>
    public UpstreamTarget(
        string service, UpstreamAddress address, ListenerOptions limits, TimeProvider time, ILogger logger, FailingUpstreams failing, Action recovered)
    {
        Address = address;
        _service = service;
        _limits = limits;
        _time = time;
        _logger = logger;
        _failing = failing;
        _recovered = recovered;
        _whenRetired = _retired.Token;
        _pooled = new Lazy<UpstreamClient>(() => new UpstreamClient(this, limits, time, pooled: true));
        _unpooled = new Lazy<UpstreamClient>(() => new UpstreamClient(this, limits, time, pooled: false));
    }

    public UpstreamAddress Address { get; }

    /// <summary>
    /// The client for a request to <paramref name="host"/>. Over TLS the HTTP client keeps a pool for each value of Host, in each
    /// spelling, and visitors choose that freely: only the node's own names are worth keeping connections for. No other name has a
    /// certificate on the node, so what a visitor's browser asks for is one of these.
    /// </summary>
    public UpstreamClient ClientFor(HostString host) =>
        !Address.IsTls || host.Host == Address.ServerName || host.Host == _service ? _pooled.Value : _unpooled.Value;

    /// <summary>Requests and raw connections in flight.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Why the last attempt to connect failed; null while the upstream accepts.</summary>
    public ConnectFailure? Failure => _failure?.Failure;

    /// <summary>Whether the configuration that named it is over.</summary>
    public bool IsRetired => _whenRetired.IsCancellationRequested;

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
            Close();
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
            _failing.Set(this, null);
        }

        _retired.Cancel();
        _retired.Dispose();
        if (last)
        {
            Close();
        }
    }

    /// <summary>Opens a connection and remembers how that went. Nothing waits for an upstream that is retired meanwhile.</summary>
    /// <exception cref="UpstreamConnectException">It could not be connected to, or was retired before.</exception>
    public async Task<System.Net.Sockets.Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _whenRetired);
        try
        {
            var socket = await UpstreamConnector.ConnectAsync(Address, _limits.ConnectTimeout, _time, either.Token);
            Accepted();
            return socket;
        }
        catch (UpstreamConnectException e)
        {
            Failed(e.Failure);
            throw;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UpstreamConnectException(ConnectFailure.Unreachable, e);
        }
    }

    private void Accepted()
    {
        if (_failure is null)
        {
            return;
        }

        lock (_lock)
        {
            if (_failure is null)
            {
                return;
            }

            _failure = null;
            _failing.Set(this, null);
        }

        Log.Recovered(_logger, _service, Address.ContainerName);
        _recovered();
    }

    private void Failed(ConnectFailure failure)
    {
        lock (_lock)
        {
            _failure = new FailureState(failure);
            if (_isRetired)
            {
                return;
            }

            _failing.Set(this, failure);
            if (_isProbing)
            {
                return;
            }

            _isProbing = true;
        }

        Log.LeftOut(_logger, _service, Address.ContainerName, failure);
        _ = ProbeAsync();
    }

    // Requests do not try an upstream that is known to fail: this does, until it accepts again or is retired.
    private async Task ProbeAsync()
    {
        try
        {
            for (var delay = FirstProbe; IsStillFailing(); delay = Min(delay * 2, LastProbe))
            {
                await Task.Delay(delay, _time, _whenRetired);
                try
                {
                    using var socket = await ConnectAsync(_whenRetired);
                }
                catch (UpstreamConnectException)
                {
                    // Not yet.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Retired.
        }
        catch (Exception e)
        {
            // Out of descriptors, for example. Let requests find out again rather than leave the upstream out for ever.
            Log.ProbeFailed(_logger, e, _service, Address.ContainerName);
            Accepted();
            IsStillFailing();
        }
    }

    private bool IsStillFailing()
    {
        lock (_lock)
        {
            return _isProbing = _failure is not null;
        }
    }

    private void Close()
    {
        foreach (var client in (ReadOnlySpan<Lazy<UpstreamClient>>)[_pooled, _unpooled])
        {
            if (client.IsValueCreated)
            {
                client.Value.Dispose();
            }
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private sealed record FailureState(ConnectFailure Failure);

    private static partial class Log
    {
        [LoggerMessage(4301, LogLevel.Debug, "{Service}: container {Container} does not accept connections ({Failure}); left out until it does")]
        public static partial void LeftOut(ILogger logger, string service, string container, ConnectFailure failure);

        [LoggerMessage(4302, LogLevel.Debug, "{Service}: container {Container} accepts connections again")]
        public static partial void Recovered(ILogger logger, string service, string container);

        [LoggerMessage(4303, LogLevel.Warning, "{Service}: container {Container} could not be probed; requests will try it")]
        public static partial void ProbeFailed(ILogger logger, Exception exception, string service, string container);
    }
}
