using System.Net.Sockets;
using Dovetail.Common;
using Dovetail.Proxy.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>
/// Whether an upstream accepts connections now. While it does not, requests leave it out, and a probe finds out when it does again.
/// </summary>
internal sealed partial class UpstreamAvailability : IDisposable
{
    private static readonly TimeSpan FirstProbe = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestProbeWait = TimeSpan.FromSeconds(1);

    private readonly UpstreamDependencies _dependencies;
    private readonly Action _recovered;
    private readonly UpstreamSockets _sockets;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _retired = new();
    private readonly CancellationToken _whenRetired;
    private bool _isRetired;
    private bool _isProbing;
    private volatile FailureState? _failure;

    /// <param name="recovered">Called when the upstream accepts connections again.</param>
    public UpstreamAvailability(UpstreamAddress address, UpstreamDependencies dependencies, Action recovered)
    {
        Address = address;
        _dependencies = dependencies;
        _recovered = recovered;
        _sockets = new UpstreamSockets(dependencies.Time);
        _whenRetired = _retired.Token;
    }

    public UpstreamAddress Address { get; }

    /// <summary>Why the last attempt to connect failed; null while the upstream accepts.</summary>
    public ConnectFailure? Failure => _failure?.Failure;

    /// <summary>Opens a connection and remembers how that went. Nothing waits for an upstream that is retired meanwhile.</summary>
    /// <exception cref="UpstreamConnectException">It could not be connected to, or was retired before.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _whenRetired);
        try
        {
            var socket = await UpstreamConnector.ConnectAsync(
                Address, _dependencies.Options.ConnectTimeout, _dependencies.Time, either.Token);
            _sockets.Add(socket);
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

    /// <summary>
    /// No configuration names the upstream any more: it is neither probed nor waited for, and not among those that fail. Connections that
    /// lead nowhere are ended.
    /// </summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isRetired)
            {
                return;
            }

            _isRetired = true;
            _dependencies.Failing.Set(this, null);
        }

        _sockets.Retire();
        _retired.Cancel();
        _retired.Dispose();
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
            _dependencies.Failing.Set(this, null);
        }

        Log.Recovered(_dependencies.Logger, _dependencies.Service, Address.ContainerName);
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

            if (_dependencies.Use is not { IsWaking: true })
            {
                // One that was just started is not expected to listen at once; if it never does, a later probe says so.
                _dependencies.Failing.Set(this, failure);
            }

            if (_isProbing)
            {
                return;
            }

            _isProbing = true;
        }

        Log.LeftOut(_dependencies.Logger, _dependencies.Service, Address.ContainerName, failure);
        _ = ProbeAsync();
    }

    // Requests do not try an upstream that is known to fail: this does, until it accepts again or is retired.
    private async Task ProbeAsync()
    {
        try
        {
            for (var failures = 1; IsStillFailing(); failures++)
            {
                var wait = Backoff.Wait(failures, FirstProbe, LongestProbeWait, _dependencies.Random.NextDouble());
                await Task.Delay(wait, _dependencies.Time, _whenRetired);
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
            Log.ProbeFailed(_dependencies.Logger, e, _dependencies.Service, Address.ContainerName);
            Accepted();
            if (IsStillFailing())
            {
                // A request failed in the meantime and found a probe under way: this one.
                _ = ProbeAsync();
            }
        }
    }

    private bool IsStillFailing()
    {
        lock (_lock)
        {
            return _isProbing = _failure is not null;
        }
    }

    private sealed record FailureState(ConnectFailure Failure);

    private static partial class Log
    {
        [LoggerMessage(
            4301, LogLevel.Debug, "{Service}: upstream {Container} does not accept connections ({Failure}); left out until it does")]
        public static partial void LeftOut(ILogger logger, string service, string container, ConnectFailure failure);

        [LoggerMessage(4302, LogLevel.Debug, "{Service}: upstream {Container} accepts connections again")]
        public static partial void Recovered(ILogger logger, string service, string container);

        [LoggerMessage(4303, LogLevel.Warning, "{Service}: upstream {Container} could not be probed; requests will try it")]
        public static partial void ProbeFailed(ILogger logger, Exception exception, string service, string container);
    }
}
