using System.Collections.Immutable;
using System.Net;
using System.Threading.RateLimiting;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Http;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Tcp;
using Dovetail.Proxy.Transport;
using Dovetail.Proxy.Upstreams;
using Yarp.ReverseProxy.Forwarder;

namespace Dovetail.Proxy;

/// <summary>Puts listeners together and starts them, and owns what all listeners of the daemon share.</summary>
/// <param name="services">The daemon's root container; it has Kestrel's HTTPS services.</param>
internal sealed partial class NodeListenerFactory(
    IServiceProvider services,
    IHttpForwarder forwarder,
    ListenerOptions options,
    ProxyMetrics metrics,
    TimeProvider time,
    Random random,
    ILoggerFactory loggers) : INodeListenerFactory, IAsyncDisposable
{
    private const int PreferredHttpsPort = 8443;
    private const int PreferredHttpPort = 8080;
    private const int BindAttempts = 8;

    private readonly LoopbackAddressPool _addresses = new();
    private readonly SocketOwner _sockets = new();
    private readonly LoopbackTransport _transport = new(time);
    private readonly NodeServer _server = new(services, options, time, loggers);
    private readonly DescriptorBudget _descriptors = DescriptorBudget.OfProcess();
    private readonly ILogger _logger = loggers.CreateLogger<NodeListener>();

    /// <summary>Starts a listener on a loopback address of its own.</summary>
    /// <param name="peers">Knows the tailnet as the node sees it.</param>
    /// <param name="allowedProcess">The node's tailscaled.</param>
    /// <exception cref="IOException">No address could be bound.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<NodeListener> StartAsync(
        IPeerDirectory peers, IAllowedProcess allowedProcess, ListenerConfig initial, CancellationToken cancellationToken)
    {
        // 1. What HTTP and raw TCP share.
        var service = initial.Service.Name;
        var ofListener = new ListenerMetrics(metrics, service);
        var state = new ListenerState(initial);
        var stopping = new CancellationTokenSource();
        var budget = new ConnectionBudget(options.ConnectionsPerNode, options.ConnectionsPerPeer, _descriptors);
        var admission = new ConnectionAdmission(service, allowedProcess, _sockets, budget, ofListener, options, time, _logger);
        var cache = new PeerCache(service, peers, options, time, _logger);
        var heldRequests = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = options.HeldPerService });
        var failing = new FailingUpstreams();
        var use = initial.Service.IsOwn ? null : services.GetService<IServiceUses>()?.Of(service);
        var ofUpstreams = new UpstreamDependencies(service, options, time, random, failing, _logger, use);

        // 2. HTTP.
        var upstreams = new UpstreamGroup(ofUpstreams);
        var certificates = new CertificateSlot(options.CertificateWait, time);
        var requests = new RequestForwarder(service, forwarder, upstreams, heldRequests, _descriptors, ofListener, time, random, _logger);
        var log = AccessLog.Create(service, time, loggers);
        // Of the container only when it is needed: what answers may itself need the nodes, and so this factory.
        var own = initial.Service.IsOwn ? services.GetRequiredService<IOwnPages>() : null;
        var handler = new RequestHandler(state, cache, requests, own, ofListener, options, log, time, _logger, stopping.Token);
        var http = new HttpEndpoints(
            _server, _transport, admission, certificates, handler, state, ofListener, options, time, _logger);

        // 3. Raw TCP, whose ports open and close with the configuration.
        var tcp = new TcpPorts(new TcpDependencies(_transport, admission, cache, state, ofUpstreams, heldRequests, ofListener));

        var (address, ports) = await BindAsync(service, http, cancellationToken);
        var listener = new NodeListener(_addresses, address, ports, http, tcp, state, certificates, upstreams, failing, stopping);
        try
        {
            await listener.UpdateAsync(initial);
            return listener;
        }
        catch
        {
            await listener.DisposeAsync();
            throw;
        }
    }

    async Task<INodeListener> INodeListenerFactory.StartAsync(
        IPeerDirectory peers, IAllowedProcess process, ListenerConfig initial, CancellationToken cancellationToken) =>
        await StartAsync(peers, process, initial, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _sockets.Dispose();
    }

    private async Task<(IPAddress Address, ListenerPorts Ports)> BindAsync(
        string service, HttpEndpoints endpoints, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            // The last resort is any free port: something may hold 8443 on every address of the machine.
            var anyPort = attempt == BindAttempts;
            var address = _addresses.Take(service, anyPort ? 0 : attempt);
            try
            {
                var (https, http) = await endpoints.StartAsync(
                    new IPEndPoint(address, anyPort ? 0 : PreferredHttpsPort),
                    new IPEndPoint(address, anyPort ? 0 : PreferredHttpPort),
                    cancellationToken);
                return (address, new ListenerPorts(https, http, ImmutableSortedDictionary<int, IPEndPoint>.Empty));
            }
            catch (Exception e)
            {
                _addresses.Return(address);
                if (!BindFailure.Is(e) || anyPort)
                {
                    throw;
                }

                Log.AddressTaken(_logger, service, address);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4011, LogLevel.Information, "{Service}: {Address} is in use by another process, trying the next address")]
        public static partial void AddressTaken(ILogger logger, string service, IPAddress address);
    }
}
