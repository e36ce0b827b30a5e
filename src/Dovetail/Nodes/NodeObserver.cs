using System.Collections.Immutable;
using System.Text.Json;
using Dovetail.Common;
using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>
/// Keeps the facts about one running tailscaled true: the bus tells what changes, a light poll what the bus keeps silent about.
/// </summary>
internal sealed partial class NodeObserver(NodeDependencies dependencies, ILocalApi api, NodeFactsStore facts)
{
    private const int MaxNameLooks = 3;
    private static readonly TimeSpan NameLookPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan BusPause = TimeSpan.FromMilliseconds(200);

    // tailscaled's backoff has a limit of 30 s, give or take half of it.
    private static readonly TimeSpan LongestControlWait = TimeSpan.FromSeconds(45);

    private readonly NodeTimingOptions _timings = dependencies.Options.Timings;
    private readonly TimeProvider _time = dependencies.Time;
    private readonly ILogger _logger = dependencies.Loggers.CreateLogger<NodeObserver>();
    private readonly WakeSignal _pollNow = new(dependencies.Time);
    private readonly RefusalSign _refusals = new(dependencies.Time);
    private DateTimeOffset? _refusedSince;
    private DateTimeOffset? _awaySince;
    private DateTimeOffset _nextNameLook;
    private int _nameLooks;

    /// <summary>Asks for the status without waiting for its turn.</summary>
    public void PollSoon() => _pollNow.Set();

    /// <summary>Takes a line of tailscaled's log: only there stands that the control server does not know the machine any more.</summary>
    public void Read(string line)
    {
        if (TailscaleErrors.SaysMachineGone(line) && _refusals.Add())
        {
            facts.Change(static known => known is { Tailnet.Backend: BackendState.Running, Login.IsCutOff: false }
                ? known with { Login = known.Login with { IsCutOff = true } }
                : known);
        }
    }

    /// <summary>Observes until tailscaled has not answered for <see cref="NodeTimingOptions.HangLimit"/>.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var bus = WatchAsync(stop.Token);
        try
        {
            await PollAsync(cancellationToken);
        }
        finally
        {
            await stop.CancelAsync();
            await bus.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var pause = BusPause;
            try
            {
                await foreach (var message in api.WatchAsync(cancellationToken))
                {
                    Apply(message);
                }
            }
            catch (LocalApiException strange) when (strange.InnerException is JsonException)
            {
                Log.BusStrange(_logger, facts.Current.Service.Name, strange.Message);
                pause = _timings.Poll;
            }
            catch (Exception broken) when (!cancellationToken.IsCancellationRequested)
            {
                Log.BusBroken(_logger, facts.Current.Service.Name, broken.Message);
            }

            // The daemon went, or its bus did; the first line of the next stream says how things stand.
            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Apply(IpnNotify message)
    {
        facts.Change(known => Changed(known, message));
        // Name, addresses and certificate domains stand in the status only.
        if (message.State is not null || message.NetMap.IsSet || message.SelfChange.IsSet || message.ErrMessage is not null)
        {
            PollSoon();
        }
    }

    private static NodeFacts Changed(NodeFacts known, IpnNotify message)
    {
        var tailnet = known.Tailnet;
        if (message.State is { } state && state != tailnet.Backend)
        {
            tailnet = tailnet with { Backend = state };
            if (known.Tailnet.Backend == BackendState.NeedsLogin)
            {
                // A machine that has logged in anew is not the one that was cut off; the next poll would say so too late.
                known = known with { Login = known.Login with { IsCutOff = false, ReplaceAt = default } };
            }
        }

        if (message.Prefs is { } prefs)
        {
            tailnet = tailnet with { Prefs = prefs };
        }

        if (message.BrowseToUrl is { Length: > 0 } url)
        {
            tailnet = tailnet with { AnnouncedLoginUrl = url };
        }

        if (message.Health is { } health)
        {
            var warnings = health.Warnings?.ToImmutableDictionary() ?? ImmutableDictionary<string, HealthWarning>.Empty;
            tailnet = tailnet with { Warnings = warnings };
            // Said anew by each tailscaled that has the trouble; one that does not say it begins with NoState as well.
            var error = tailnet.Warnings.GetValueOrDefault(TailscaleErrors.StateWarning)?.Text;
            known = known with { Supervision = known.Supervision with { StateError = error } };
        }

        if (message.State == BackendState.Running)
        {
            return known with
            {
                Tailnet = tailnet with { AnnouncedLoginUrl = null },
                Login = known.Login.Succeeded(),
                Daemon = known.Daemon with { RetriesRefusedKey = false },
            };
        }

        return ReferenceEquals(tailnet, known.Tailnet) ? known : known with { Tailnet = tailnet };
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        long? unanswered = null;
        while (true)
        {
            var asked = _time.GetTimestamp();
            try
            {
                var status = await AskAsync(cancellationToken);
                unanswered = null;
                var known = facts.Change(known => known with
                {
                    Tailnet = known.Tailnet with { Status = status },
                    Daemon = known.Daemon.IsSilent ? known.Daemon with { IsSilent = false } : known.Daemon,
                });
                await WatchOnlineAsync(known, cancellationToken);
                await LookWhoHasTheNameAsync(known, cancellationToken);
            }
            catch (LocalApiException silent)
            {
                Log.NoAnswer(_logger, facts.Current.Service.Name, silent.Message);
                // From the first question without an answer on: the time before it, in which nothing was asked, says nothing.
                unanswered ??= asked;
                if (_time.GetElapsedTime(unanswered.Value) >= _timings.HangLimit)
                {
                    return;
                }
            }

            var isSettled = facts.Current is { Tailnet.IsRunning: true, Serve.Applied: not null };
            await _pollNow.WaitAsync(isSettled && unanswered is null ? _timings.Poll : _timings.FastPoll, cancellationToken);
        }
    }

    // A hang is named long before it counts as one: a person who looks in between must not read that all is well.
    private async Task<IpnStatus> AskAsync(CancellationToken cancellationToken)
    {
        var answer = api.GetStatusAsync(cancellationToken);
        try
        {
            return await answer.WaitAsync(_timings.Silence, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            facts.Change(static known => known with { Daemon = known.Daemon with { IsSilent = true } });
            return await answer;
        }
    }

    // Once, for the answer is as large as the tailnet; a few times more when the machine counts as online, as one does for a while after it
    // has gone.
    private async Task LookWhoHasTheNameAsync(NodeFacts known, CancellationToken cancellationToken)
    {
        var isFound = known.Tailnet.NameHolder is { IsOnline: false };
        if (!known.IsNameTaken || isFound || _nameLooks == MaxNameLooks || _time.GetUtcNow() < _nextNameLook)
        {
            return;
        }

        _nameLooks++;
        _nextNameLook = _time.GetUtcNow() + NameLookPause;
        try
        {
            var holder = NameHolder.Find(await api.GetPeersAsync(cancellationToken), known.Service.Name);
            facts.Change(known => known with { Tailnet = known.Tailnet with { NameHolder = holder } });
        }
        catch (LocalApiException silent)
        {
            Log.NoAnswer(_logger, known.Service.Name, silent.Message);
        }
    }

    private async Task WatchOnlineAsync(NodeFacts known, CancellationToken cancellationToken)
    {
        if (known.Tailnet is not { IsRunning: true, Status.Self: { } self })
        {
            _refusedSince = _awaySince = null;
            return;
        }

        // A control server that has forgotten the machine may count it as online all the same (Headscale 0.29).
        if (self.Online && !_refusals.IsSure)
        {
            _refusedSince = _awaySince = null;
            facts.Change(static known => known.Login.IsCutOff
                ? known with { Login = known.Login with { IsCutOff = false, ReplaceAt = default } }
                : known);
            return;
        }

        var now = _time.GetUtcNow();
        if (!await dependencies.Control.AnswersAsync(known.Identity.ControlServer, cancellationToken))
        {
            _refusedSince = null;
            _awaySince ??= now;
            return;
        }

        // From the first answer on: tailscaled needs a while itself to notice that the control server is back, the longer the longer that
        // was away, for it asks at ever longer intervals.
        _refusedSince ??= now;
        var away = _refusedSince - _awaySince ?? TimeSpan.Zero;
        if (now - _refusedSince >= _timings.CutOff + (away < LongestControlWait ? away : LongestControlWait))
        {
            facts.Change(static known => known.Login.IsCutOff ? known : known with { Login = known.Login with { IsCutOff = true } });
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3101, LogLevel.Debug, "{Service}: the bus broke off: {Reason}")]
        public static partial void BusBroken(ILogger logger, string service, string reason);

        [LoggerMessage(3102, LogLevel.Debug, "{Service}: {Reason}")]
        public static partial void NoAnswer(ILogger logger, string service, string reason);

        [LoggerMessage(3103, LogLevel.Warning, "{Service}: tailscaled's bus says what Dovetail does not understand: {Reason}")]
        public static partial void BusStrange(ILogger logger, string service, string reason);
    }
}
