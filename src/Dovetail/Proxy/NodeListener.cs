using System.Collections.Immutable;
using System.Net;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Http;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Tcp;
using Dovetail.Proxy.Upstreams;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dovetail.Proxy;

/// <summary>One node's listener: its own loopback address, its own Kestrel, its upstreams. Owned by the node.</summary>
internal sealed partial class NodeListener : INodeListener
{
    private const int PreferredHttpsPort = 8443;
    private const int PreferredHttpPort = 8080;
    private const int BindAttempts = 8;

    private readonly ListenerDependencies _parts;
    private readonly ILogger _logger;
    private readonly string _service;
    private readonly ListenerCounters _counters = new();
    private readonly ConnectionBudget _budget;
    private readonly ConnectionAdmission _gate;
    private readonly CertificateSlot _certificates;
    private readonly UpstreamGroup _upstreams;
    private readonly HeldRequestLimit _room;
    private readonly RequestHandler _handler;
    private readonly TcpPorts _tcp;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _updating = new(1);
    private readonly Lock _lock = new();
    private volatile ListenerState _state;
    private KestrelServer? _server;
    private IPAddress? _address;
    private Task? _stopped;

    internal NodeListener(ListenerDependencies parts, IPeerDirectory peers, IAllowedProcess owner, ListenerConfig initial)
    {
        _parts = parts;
        _service = initial.Service.Name;
        _logger = parts.Loggers.CreateLogger<NodeListener>();
        _state = new ListenerState(initial);
        _budget = new ConnectionBudget(parts.Limits.ConnectionsPerNode, parts.Limits.ConnectionsPerPeer, parts.Descriptors);
        _gate = new ConnectionAdmission(_service, owner, parts.Sockets, _budget, _counters, parts.Limits, parts.Time, _logger);
        _certificates = new CertificateSlot(parts.Limits.CertificateWait, parts.Time);
        _upstreams = new UpstreamGroup(_service, parts.Limits, parts.Time, _logger, FailingUpstreams);
        _room = new HeldRequestLimit(parts.Limits.HeldPerService);
        var cache = new PeerCache(_service, peers, parts.Limits, parts.Time, _logger);
        var forwarder = new RequestForwarder(_service, parts.Forwarder, _upstreams, _room, _counters, parts.Descriptors, parts.Time, _logger);
        var log = AccessLog.Create(_service, parts.Time, parts.Loggers);
        _handler = new RequestHandler(() => _state, cache, forwarder, _counters, parts.Limits, log, parts.Time, _logger, _stopping.Token);
        _tcp = new TcpPorts(new TcpDependencies(_service, parts, _gate, cache, _room, _counters, () => _state, FailingUpstreams, _logger));
        Ports = new ListenerPorts(new IPEndPoint(IPAddress.None, 0), new IPEndPoint(IPAddress.None, 0), ImmutableSortedDictionary<int, IPEndPoint>.Empty);
    }

    /// <summary>Where it listens; the raw TCP ports change with <see cref="UpdateAsync"/>.</summary>
    public ListenerPorts Ports { get; private set; }

    public ListenerStatistics Statistics => _counters.Read(_budget.Open, _room.Held);

    public FailingUpstreams FailingUpstreams { get; } = new();

    /// <summary>Serves by <paramref name="config"/> from the next request on.</summary>
    public async ValueTask UpdateAsync(ListenerConfig config)
    {
        await _updating.WaitAsync();
        try
        {
            if (_address is null || _stopping.IsCancellationRequested)
            {
                return;
            }

            Apply(config);
            await _tcp.UpdateAsync(config, _address);
            Ports = Ports with { Tcp = _tcp.EndPoints };
        }
        finally
        {
            _updating.Release();
        }
    }

    /// <summary>Uses <paramref name="certificate"/> from the next handshake on.</summary>
    public void UseCertificate(ServerCertificate certificate) => _certificates.Set(certificate);

    /// <summary>Stops accepting, lets requests in flight finish within <paramref name="drain"/>, cuts the rest.</summary>
    public Task StopAsync(TimeSpan drain)
    {
        lock (_lock)
        {
            return _stopped ??= StopOnceAsync(drain);
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero);

    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            // The last resort is any free port: something may hold 8443 on every address of the machine.
            var anyPort = attempt == BindAttempts;
            var address = _parts.Addresses.Take(_service, anyPort ? 0 : attempt);
            var (server, https, http) = ListenerEndpoints.Build(
                _parts,
                new IPEndPoint(address, anyPort ? 0 : PreferredHttpsPort),
                new IPEndPoint(address, anyPort ? 0 : PreferredHttpPort),
                _gate,
                _certificates,
                () => _state);
            try
            {
                await server.StartAsync(_handler, cancellationToken);
                _server = server;
                _address = address;
                Ports = Ports with { Https = https.IPEndPoint!, Http = http.IPEndPoint! };
                break;
            }
            catch (Exception e)
            {
                server.Dispose();
                _parts.Addresses.Return(address);
                if (!BindFailure.Is(e) || anyPort)
                {
                    throw;
                }

                Log.AddressTaken(_logger, _service, address);
            }
        }

        await UpdateAsync(_state.Config);
    }

    private void Apply(ListenerConfig config)
    {
        _state = new ListenerState(config);
        _upstreams.Update(config.Service.Upstreams.Select(upstream => (
            UpstreamAddress.Of(upstream, config.HostName),
            ListenerState.Standing(config.Service.Health, upstream.Health))));
    }

    private async Task StopOnceAsync(TimeSpan drain)
    {
        await _stopping.CancelAsync();

        // An update that has begun ends first, or it could open a port that nobody closes.
        await _updating.WaitAsync();
        _updating.Release();

        await Task.WhenAll(StopHttpAsync(drain), _tcp.StopAsync(drain));

        _upstreams.Dispose();
        if (_address is not null)
        {
            _parts.Addresses.Return(_address);
        }
    }

    private async Task StopHttpAsync(TimeSpan drain)
    {
        if (_server is null)
        {
            return;
        }

        // Without a token this would not return while a WebSocket is open.
        using var cut = new CancellationTokenSource(drain, _parts.Time);
        await _server.StopAsync(cut.Token);
        _server.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(4011, LogLevel.Information, "{Service}: {Address} is in use by another process, trying the next address")]
        public static partial void AddressTaken(ILogger logger, string service, IPAddress address);
    }
}
