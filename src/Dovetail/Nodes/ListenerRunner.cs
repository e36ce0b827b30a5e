using Dovetail.Common;
using Dovetail.Nodes.Facts;
using Dovetail.Proxy;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Keeps a node's listener: starts it, lets it serve by the facts, stops it. It outlives every tailscaled of the node.</summary>
internal sealed class ListenerRunner(NodeDependencies dependencies, ILocalApi api, NodeFactsStore facts) : IAsyncDisposable
{
    private readonly NodeTimingOptions _timings = dependencies.Options.Timings;
    private volatile INodeListener? _listener;
    private ListenerConfig? _applied;

    /// <summary>Starts the listener; tries again until it listens.</summary>
    /// <exception cref="OperationCanceledException">The node stops.</exception>
    public async Task StartAsync(CancellationToken stopping)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                var listener = await dependencies.Listeners.StartAsync(
                    new PeerDirectory(api, facts), new CurrentTailscaled(facts), ConfigOf(facts.Current), stopping);
                _listener = listener;
                facts.Change(known => known with { Listener = new ListenerFacts { Ports = listener.Ports } });
                listener.FailingUpstreams.Changed = () => facts.Change(
                    known => known with { Listener = known.Listener with { Failing = listener.FailingUpstreams.Current } });
                return;
            }
            catch (Exception failed) when (!stopping.IsCancellationRequested)
            {
                // Whatever it is: a node that stopped trying would stay without a listener until the daemon is started anew.
                facts.Change(known => known with { Listener = new ListenerFacts { Error = failed.Message } });
                var wait = Backoff.Wait(failures, _timings.RetryMin, _timings.RetryMax, dependencies.Random.NextDouble());
                await Task.Delay(wait, dependencies.Time, stopping);
            }
        }
    }

    /// <summary>Lets the listener serve by these facts from the next request on.</summary>
    public async Task ApplyAsync(NodeFacts current)
    {
        // Before the status is known after a restart of tailscaled, the listener stays as it is.
        var config = ConfigOf(current);
        if (_applied is { HostName: { } known } && config.HostName is null)
        {
            config = config with
            {
                HostName = known,
                Https = _applied.Https && current.Service.Tls != TlsMode.Off,
                LacksCertificate = _applied.LacksCertificate,
            };
        }

        if (_listener is { } listener && config != _applied)
        {
            await listener.UpdateAsync(config);
            _applied = config;
            facts.Change(latest => latest.Listener.Ports == listener.Ports
                ? latest
                : latest with { Listener = latest.Listener with { Ports = listener.Ports } });
        }
    }

    /// <summary>Uses the certificate from the next handshake on.</summary>
    public void UseCertificate(ServerCertificate certificate) => _listener?.UseCertificate(certificate);

    /// <summary>Accepts nothing more, lets what is in flight finish for a while, cuts the rest.</summary>
    public Task StopAsync() => _listener?.StopAsync(_timings.Drain) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => _listener?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static ListenerConfig ConfigOf(NodeFacts facts) =>
        new(facts.Service, facts.Tailnet.DnsName, facts.WantsHttps, facts.LacksCertificate);
}
