using System.Net.Sockets;
using Dovetail.Common;
using Dovetail.Nodes.Decisions;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Proxy;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>
/// One service on the tailnet: it owns a listener for as long as it lives, and one tailscaled after the other. One loop
/// decides, from facts alone, what to do; whatever fails is decided again.
/// </summary>
internal sealed partial class Node : IAsyncDisposable
{
    private const int LogLines = 500;

    private readonly NodeDependencies _services;
    private readonly NodePaths _paths;
    private readonly ILogger _logger;
    private readonly NodeFactsStore _facts;
    private readonly LocalApiClient _api;
    private readonly LogBuffer _log = new(LogLines);
    private readonly CurrentTailscaled _owner = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly LoginRunner _login;
    private readonly CertificateRunner _certificate;
    private readonly NodeSupervisor _supervisor;
    private readonly NodeReporter _reporter;
    private volatile NodeListener? _listener;
    private ListenerConfig? _applied;
    private Task _run = Task.CompletedTask;

    public Node(NodeDependencies services, ServiceSpec service)
    {
        Name = service.Name;
        _services = services;
        _logger = services.Logs.CreateLogger("Dovetail.Node");
        _paths = NodePaths.For(services.Settings.StateRoot, services.Settings.RuntimeDirectory, service.Name);
        _facts = new NodeFactsStore(new NodeFacts { Service = service, Identity = IdentityOf(service) });
        _api = new LocalApiClient(_paths.Socket, services.Settings.Timings.LocalApi);
        _login = new LoginRunner(services, _paths, _facts, _logger);
        _certificate = new CertificateRunner(services, _paths, _facts, certificate => _listener?.UseCertificate(certificate), _logger);
        _supervisor = new NodeSupervisor(services, _paths, _api, _facts, _log, _owner, _logger);
        _reporter = new NodeReporter(service, _owner, _supervisor, _log, services.Time, _logger);
    }

    public string Name { get; }

    public NodeReport Report => _reporter.Current;

    /// <summary>What its tailscaleds wrote, across their lives.</summary>
    public LogBuffer DaemonLog => _log;

    /// <summary>Starts a new tailscaled in place of the running one, or at once when one is waited for. Listener and state stay.</summary>
    public void Restart() => _supervisor.Restart();

    /// <summary>Begins. Returns at once.</summary>
    /// <param name="after">What has to be over first: the end of an earlier node on the same state directory.</param>
    public void Start(Task after) => _run = Task.Run(() => RunAsync(after));

    /// <summary>Takes what the labels say now. Returns at once.</summary>
    public void Update(ServiceSpec service) =>
        _facts.Change(known => known.Service == service ? known : known with { Service = service, Identity = IdentityOf(service) });

    /// <summary>Stops accepting, drains, then ends tailscaled; the state stays. Waits for the end.</summary>
    public async ValueTask DisposeAsync()
    {
        _facts.Change(static known => known with { Stopping = true });
        await _stopping.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _supervisor.Dispose();
        _api.Dispose();
        _facts.Dispose();
        _stopping.Dispose();
    }

    private NodeIdentity IdentityOf(ServiceSpec service) => new(service.Name, service.Tags, _services.Settings.ControlUrl);

    private async Task RunAsync(Task after)
    {
        await after.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var pumping = new CancellationTokenSource();
        var pump = Task.CompletedTask;
        try
        {
            pump = PumpAsync(pumping.Token);
            await ListenAsync();
            await SuperviseAsync();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopped before it listened.
        }
        finally
        {
            await DrainAsync();
            await pumping.CancelAsync();
            await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_listener is { } listener)
            {
                await listener.DisposeAsync();
            }

            Log.Stopped(_logger, Name);
        }
    }

    private async Task SuperviseAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _supervisor.RunAsync(DrainAsync, _stopping.Token);
            }
            catch (Exception bug) when (!_stopping.IsCancellationRequested)
            {
                Log.Broken(_logger, bug, Name);
                await Task.Delay(_services.Settings.Timings.RetryMax, _services.Time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // Runs twice on most ways out; the second time there is nothing left to do.
    private Task DrainAsync() => _listener?.StopAsync(_services.Settings.Timings.Drain) ?? Task.CompletedTask;

    private async Task ListenAsync()
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                var config = ConfigOf(_facts.Current);
                var listener = await _services.Listeners.StartAsync(new PeerDirectory(_api, _facts), _owner, config, _stopping.Token);
                _listener = listener;
                _facts.Change(known => known with { Ports = listener.Ports, ListenerError = null });
                listener.FailingUpstreams.Changed = () => _facts.Change(known => known with { Failing = listener.FailingUpstreams.Current });
                return;
            }
            catch (Exception failed) when (failed is IOException or InvalidOperationException or SocketException)
            {
                _facts.Change(known => known with { ListenerError = failed.Message });
                var timings = _services.Settings.Timings;
                var wait = Backoff.Wait(failures, timings.RetryMin, timings.RetryMax, _services.Random.NextDouble());
                await Task.Delay(wait, _services.Time, _stopping.Token);
            }
        }
    }

    private static ListenerConfig ConfigOf(NodeFacts facts) => new(facts.Service, facts.DnsName, facts.WantsHttps);

    private async Task PumpAsync(CancellationToken cancellationToken)
    {
        var timings = _services.Settings.Timings;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                // The life first: what is decided from facts about one tailscaled must not be done to the next.
                var life = _supervisor.Life;
                var facts = RefreshKey();
                var decision = NodeDecision.From(facts, _services.Time.GetUtcNow());
                await ApplyToListenerAsync(facts);
                _reporter.Publish(facts, decision);
                Act(life, facts, decision);
                await _facts.WaitAsync(decision.State == NodeState.Ready ? timings.Poll : timings.FastPoll, cancellationToken);
            }
            catch (Exception bug) when (bug is not OperationCanceledException)
            {
                Log.Broken(_logger, bug, Name);
                await Task.Delay(timings.FastPoll, _services.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // Only a node that is not running has any use for a key, and a rotated one is to be noticed.
    private NodeFacts RefreshKey()
    {
        var facts = _facts.Current;
        if (facts.Backend == BackendState.Running && facts.Identity.SameControlServer(facts.Prefs ?? new IpnPrefs()))
        {
            return facts;
        }

        var key = _services.Keys.Read()?.Fingerprint;
        return _facts.Change(known => known.Key == key ? known : known with { Key = key });
    }

    private async Task ApplyToListenerAsync(NodeFacts facts)
    {
        // Before the status is known after a restart of tailscaled, the listener stays as it is.
        var config = ConfigOf(facts);
        if (_applied is { HostName: { } known } && config.HostName is null)
        {
            config = config with { HostName = known, Https = _applied.Https && facts.Service.Tls != TlsMode.Off };
        }

        if (_listener is { } listener && config != _applied)
        {
            await listener.UpdateAsync(config);
            _applied = config;
            _facts.Change(current => current.Ports == listener.Ports ? current : current with { Ports = listener.Ports });
        }
    }

    private void Act(DaemonSession? life, NodeFacts facts, NodeDecision decision)
    {
        if (life is null || facts.Stopping)
        {
            return;
        }

        if (decision.Replace is { } reason)
        {
            // Not again soon: a control server in trouble would see a storm of logins.
            _facts.Change(known => known.IsCutOff ? known with { ReplaceAt = _services.Time.GetUtcNow() + _services.Settings.Timings.RefusedKey } : known);
            life.Restart.TrySetResult(reason);
            return;
        }

        if (decision.Login == LoginAction.Restart)
        {
            life.Begin(() => MarkLogin(decision.Login), over => StopRetriesAsync(facts, life, over));
        }
        else if (decision.CancelLogin)
        {
            _login.Cancel();
        }
        else if (decision.Login != LoginAction.None)
        {
            life.Begin(() => MarkLogin(decision.Login), over => _login.RunAsync(decision.Login, over));
        }

        if (decision.ApplyServe)
        {
            life.Begin(() => _facts.Change(static known => known with { ServeRunning = true }), over => ServeAsync(facts.Serve!, life, over));
        }

        if (decision.CertificateDomain is { } domain)
        {
            var began = _services.Time.GetUtcNow();
            life.Begin(
                () => _facts.Change(known => known with { Certificate = known.Certificate with { Running = true, Began = began } }),
                over => _certificate.RunAsync(domain, over));
        }
    }

    // What runs is marked before it begins: the next look at the facts may come before the work does anything.
    private void MarkLogin(LoginAction action) => _facts.Change(known => known with { Login = known.Login with { Running = action } });

    // `logout` would not do: on a node without a node key it does nothing, and on one with a key it would lose the machine.
    private async Task StopRetriesAsync(NodeFacts facts, DaemonSession life, CancellationToken over)
    {
        Log.StopRetries(_logger, Name);
        try
        {
            if (facts.Status?.HaveNodeKey != true)
            {
                // Else the new tailscaled would ask for a login by itself.
                await _api.SetWantRunningAsync(false, over);
            }
        }
        catch (LocalApiException)
        {
            // Then it does, which is no harm to the control server.
        }

        life.Restart.TrySetResult(null);
    }

    private async Task ServeAsync(ServeTarget target, DaemonSession life, CancellationToken over)
    {
        try
        {
            await _api.SetServeConfigAsync(ServeConfig.For(target), over);
            _facts.Change(known => known with { ServeRunning = false, Served = target, ServeError = null });
            life.Observer.PollSoon();
        }
        catch (LocalApiException refused)
        {
            var retryAt = _services.Time.GetUtcNow() + _services.Settings.Timings.RetryMin;
            _facts.Change(known => known with { ServeRunning = false, ServeError = refused.Message, ServeRetryAt = retryAt });
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3006, LogLevel.Information, "{Service}: the refused key is not tried again until it is replaced, or for ten minutes")]
        public static partial void StopRetries(ILogger logger, string service);

        [LoggerMessage(3004, LogLevel.Information, "{Service}: stopped")]
        public static partial void Stopped(ILogger logger, string service);

        [LoggerMessage(3005, LogLevel.Error, "{Service}: this is a bug in Dovetail; the node goes on")]
        public static partial void Broken(ILogger logger, Exception bug, string service);
    }
}
