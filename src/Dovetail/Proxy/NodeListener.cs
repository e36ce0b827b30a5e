using System.Net;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Tcp;
using Dovetail.Proxy.Upstreams;

namespace Dovetail.Proxy;

/// <summary>One node's listener: its own loopback address, its HTTP and raw TCP ports, its upstreams. Owned by the node.</summary>
/// <param name="address">Taken from <paramref name="addresses"/>; given back at the end.</param>
/// <param name="http">Started; listens at <paramref name="ports"/>.</param>
/// <param name="stopping">Ends what is held.</param>
internal sealed class NodeListener(
    LoopbackAddressPool addresses,
    IPAddress address,
    ListenerPorts ports,
    HttpEndpoints http,
    TcpPorts tcp,
    ListenerState state,
    CertificateSlot certificates,
    UpstreamGroup upstreams,
    FailingUpstreams failingUpstreams,
    CancellationTokenSource stopping) : INodeListener
{
    private readonly SemaphoreSlim _updating = new(1);
    private readonly Lock _lock = new();
    private Task? _stopped;

    /// <summary>Where it listens; the raw TCP ports change with <see cref="UpdateAsync"/>.</summary>
    public ListenerPorts Ports { get; private set; } = ports;

    public FailingUpstreams FailingUpstreams => failingUpstreams;

    /// <summary>Serves by <paramref name="config"/> from the next request on.</summary>
    public async ValueTask UpdateAsync(ListenerConfig config)
    {
        await _updating.WaitAsync();
        try
        {
            if (stopping.IsCancellationRequested)
            {
                return;
            }

            state.Set(config);
            upstreams.Update(
                config.Service.Health,
                config.Service.Upstreams.Select(upstream => (UpstreamAddress.Of(upstream, config.HostName), upstream.Health)),
                config.Service.Absence,
                config.Service.Sleeping.Count > 0);
            await tcp.UpdateAsync(config, address);
            upstreams.Use?.Served(config.Service);
            Ports = Ports with { Tcp = tcp.EndPoints };
        }
        finally
        {
            _updating.Release();
        }
    }

    /// <summary>Uses <paramref name="certificate"/> from the next handshake on.</summary>
    public void UseCertificate(ServerCertificate certificate) => certificates.Set(certificate);

    /// <summary>Stops accepting, lets requests in flight finish within <paramref name="drain"/>, cuts the rest.</summary>
    public Task StopAsync(TimeSpan drain)
    {
        lock (_lock)
        {
            return _stopped ??= StopOnceAsync(drain);
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync(TimeSpan.Zero);

    private async Task StopOnceAsync(TimeSpan drain)
    {
        await stopping.CancelAsync();

        // An update that has begun ends first, or it could open a port that nothing closes.
        await _updating.WaitAsync();
        _updating.Release();

        await Task.WhenAll(http.StopAsync(drain), tcp.StopAsync(drain));

        upstreams.Dispose();
        addresses.Return(address);
    }
}
