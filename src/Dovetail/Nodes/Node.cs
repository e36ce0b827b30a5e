using Dovetail.Nodes.Decisions;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Services.Model;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>
/// One service on the tailnet: it owns a listener for as long as it lives, and one tailscaled after the other. One loop
/// decides, from facts alone, what to do; whatever fails is decided again.
/// </summary>
internal sealed partial class Node : INode
{
    private const int LogLines = 500;

    private readonly NodeDependencies _dependencies;
    private readonly NodeTimingOptions _timings;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly NodeFactsStore _facts;
    private readonly ILocalApi _api;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ListenerRunner _listener;
    private readonly LoginRunner _login;
    private readonly ServeRunner _serve;
    private readonly CertificateRunner _certificate;
    private readonly NodeSupervisor _supervisor;
    private readonly NodeReporter _reporter;
    private Task _run = Task.CompletedTask;

    public Node(NodeDependencies dependencies, ServiceSpec service)
    {
        var paths = NodePaths.For(dependencies.Options.StateRoot, dependencies.Options.RuntimeDirectory, service.Name);
        _dependencies = dependencies;
        _timings = dependencies.Options.Timings;
        _logger = dependencies.Loggers.CreateLogger<Node>();
        _name = service.Name;
        var facts = new NodeFacts
        {
            Service = service,
            Identity = IdentityOf(service),
            LosesState = dependencies.Options.LosesState,
        };
        _facts = new NodeFactsStore(facts, dependencies.Time);
        _api = dependencies.LocalApi(paths);
        _listener = new ListenerRunner(dependencies, _api, _facts);
        _login = new LoginRunner(dependencies, paths, _api, _facts);
        _serve = new ServeRunner(dependencies, _api, _facts);
        _certificate = new CertificateRunner(dependencies, paths, _facts, _listener.UseCertificate);
        _supervisor = new NodeSupervisor(dependencies, paths, _api, _facts, DaemonLog);
        _reporter = new NodeReporter(service, DaemonLog, dependencies.Time, dependencies.Loggers.CreateLogger<NodeReporter>());
    }

    public NodeReport Report => _reporter.Current;

    public LogBuffer DaemonLog { get; } = new(LogLines);

    public void Restart() => _supervisor.Restart();

    public void Start(Task after) => _run = Task.Run(() => RunAsync(after));

    public void Update(ServiceSpec service) =>
        _facts.Change(known => known.Service == service ? known : known with { Service = service, Identity = IdentityOf(service) });

    public async ValueTask DisposeAsync()
    {
        _facts.Change(static known => known with { Stopping = true });
        await _stopping.CancelAsync();
        await _run;
        _api.Dispose();
        _stopping.Dispose();
    }

    private NodeIdentity IdentityOf(ServiceSpec service) => new(service.Name, service.Tags, _dependencies.Options.ControlUrl);

    private async Task RunAsync(Task after)
    {
        await after.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var deciding = new CancellationTokenSource();
        var decisions = DecideAsync(deciding.Token);
        await GuardAsync(async () =>
        {
            await _listener.StartAsync(_stopping.Token);
            await _supervisor.RunAsync(_stopping.Token);
        });

        // What is in flight first, then the tailscaled that carries it.
        await GuardAsync(_listener.StopAsync);
        await GuardAsync(async () => await _supervisor.DisposeAsync());
        await deciding.CancelAsync();
        await decisions.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await GuardAsync(async () => await _listener.DisposeAsync());
        Log.Stopped(_logger, _name);
    }

    // Whatever goes wrong in one step of the way down, the next one is taken.
    private async Task GuardAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node stops.
        }
        catch (Exception bug)
        {
            Log.Broken(_logger, bug, _name);
        }
    }

    private async Task DecideAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                // The session first: what is decided from facts about one tailscaled must not be done to the next.
                var session = _supervisor.Session;
                var facts = RefreshKey();
                var decision = NodeDecision.From(facts, _dependencies.Time.GetUtcNow());
                await _listener.ApplyAsync(facts);
                _reporter.Publish(facts, decision);
                if (session is not null && !facts.Stopping)
                {
                    Act(session, facts, decision);
                }

                var isUp = decision.State is NodeState.Ready or NodeState.Asleep;
                await _facts.WaitAsync(isUp ? _timings.Poll : _timings.FastPoll, cancellationToken);
            }
            catch (Exception bug) when (!cancellationToken.IsCancellationRequested)
            {
                Log.Broken(_logger, bug, _name);
                await Task.Delay(_timings.FastPoll, _dependencies.Time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    // Only a node that is not running has any use for a key, and a rotated one is to be noticed.
    private NodeFacts RefreshKey()
    {
        var facts = _facts.Current;
        if (facts.Tailnet.Backend == BackendState.Running && facts.Identity.SameControlServer(facts.Tailnet.Prefs ?? new IpnPrefs()))
        {
            return facts;
        }

        var key = _dependencies.Keys.Read()?.Fingerprint;
        return _facts.Change(known => known.Login.Key == key ? known : known with { Login = known.Login with { Key = key } });
    }

    private void Act(DaemonSession session, NodeFacts facts, NodeDecision decision)
    {
        if (decision.Replace is { } reason)
        {
            // Not again soon: a control server in trouble would see a storm of logins.
            var replaceAt = _dependencies.Time.GetUtcNow() + _timings.RefusedKey;
            _facts.Change(known => known.Login.IsCutOff ? known with { Login = known.Login with { ReplaceAt = replaceAt } } : known);
            session.End(SessionEnd.Failure(reason));
            return;
        }

        if (decision.CancelLogin)
        {
            _login.CancelPendingUp();
        }

        if (decision.Login is { } login)
        {
            session.TryStart(login, ended => login == Activity.StopRetries
                ? _login.StopRetriesAsync(session, ended)
                : _login.UpAsync(login == Activity.UpWithKey, ended));
        }

        if (decision.ApplyServe && facts.WantedServe is { } target)
        {
            session.TryStart(Activity.Serve, ended => _serve.RunAsync(target, session, ended));
        }

        if (decision.CertificateDomain is { } domain)
        {
            session.TryStart(Activity.Certificate, ended => _certificate.RunAsync(domain, ended));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3004, LogLevel.Information, "{Service}: stopped")]
        public static partial void Stopped(ILogger logger, string service);

        [LoggerMessage(3005, LogLevel.Error, "{Service}: this is a bug in Dovetail; the node goes on")]
        public static partial void Broken(ILogger logger, Exception bug, string service);
    }
}
