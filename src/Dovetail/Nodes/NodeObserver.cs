using System.Collections.Immutable;
using System.Text.Json;
using Dovetail.Common;
using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Keeps the facts about one running tailscaled true: the bus tells what changes, a light poll what the bus keeps silent about.</summary>
internal sealed partial class NodeObserver(NodeDependencies services, LocalApiClient api, NodeFactsStore facts, ILogger logger) : IDisposable
{
    private static readonly TimeSpan BusPause = TimeSpan.FromMilliseconds(200);

    private readonly NodeTimingOptions _timings = services.Settings.Timings;
    private readonly TimeProvider _time = services.Time;
    private readonly WakeSignal _pollNow = new();
    private DateTimeOffset? _refusedSince;

    /// <summary>Observes until cancelled.</summary>
    /// <returns>True when tailscaled has not answered for <see cref="NodeTimingOptions.HangLimit"/>.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var bus = WatchAsync(stop.Token);
        try
        {
            return await PollAsync(cancellationToken);
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
            try
            {
                await foreach (var message in api.WatchAsync(cancellationToken))
                {
                    Take(message);
                }
            }
            catch (LocalApiException strange) when (strange.InnerException is JsonException)
            {
                Log.BusStrange(logger, facts.Current.Service.Name, strange.Message);
                await Task.Delay(_timings.Poll, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception broken) when (!cancellationToken.IsCancellationRequested)
            {
                Log.BusBroken(logger, facts.Current.Service.Name, broken.Message);
            }

            // The daemon went, or its bus did; the first line of the next stream says how things stand.
            await Task.Delay(BusPause, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Take(IpnNotify message)
    {
        facts.Change(known =>
        {
            var next = known;
            if (message.State is { } state && state != known.Backend)
            {
                next = next with { Backend = state };
            }

            if (message.Prefs is { } prefs)
            {
                next = next with { Prefs = prefs };
            }

            if (message.Health is { } health)
            {
                next = next with { Warnings = health.Warnings?.ToImmutableDictionary() ?? ImmutableDictionary<string, HealthWarning>.Empty };
                // Said anew by each tailscaled that has the trouble; one that does not say it begins with NoState as well.
                next = next with { StateError = next.Warnings.GetValueOrDefault(TailscaleErrors.StateWarning)?.Text };
            }

            if (message.BrowseToUrl is { Length: > 0 } url)
            {
                next = next with { LoginUrl = url };
            }

            if (message.State == BackendState.Running)
            {
                next = next with { LoginUrl = null, Login = next.Login with { Failure = null, Failures = 0, RefusedKey = null, RetriesGoOn = false } };
            }

            return next;
        });
        // Name, addresses and certificate domains stand in the status only.
        if (message.State is not null || message.NetMap.IsSet || message.SelfChange.IsSet || message.ErrMessage is not null)
        {
            PollSoon();
        }
    }

    /// <summary>Asks for the status without waiting for its turn.</summary>
    public void PollSoon() => _pollNow.Set();

    public void Dispose() => _pollNow.Dispose();

    private async Task<bool> PollAsync(CancellationToken cancellationToken)
    {
        var answered = _time.GetTimestamp();
        while (true)
        {
            try
            {
                var status = await AskAsync(cancellationToken);
                answered = _time.GetTimestamp();
                var known = facts.Change(known => known with { Status = status, IsSilent = false });
                await WatchOnlineAsync(known, cancellationToken);
            }
            catch (LocalApiException silent)
            {
                Log.NoAnswer(logger, facts.Current.Service.Name, silent.Message);
                if (_time.GetElapsedTime(answered) >= _timings.HangLimit)
                {
                    return true;
                }
            }

            var settled = facts.Current is { Backend: BackendState.Running, Status.BackendState: BackendState.Running, Served: not null };
            var silence = _time.GetElapsedTime(answered) > _timings.FastPoll;
            var interval = settled && !silence ? _timings.Poll : _timings.FastPoll;
            await _pollNow.WaitAsync(interval, cancellationToken);
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
            facts.Change(static known => known with { IsSilent = true });
            return await answer;
        }
    }

    private async Task WatchOnlineAsync(NodeFacts known, CancellationToken cancellationToken)
    {
        if (known is not { Backend: BackendState.Running, Status: { BackendState: BackendState.Running, Self: { } self } })
        {
            _refusedSince = null;
            return;
        }

        if (self.Online)
        {
            _refusedSince = null;
            facts.Change(static known => known.IsCutOff ? known with { IsCutOff = false, ReplaceAt = default } : known);
            return;
        }

        if (!await services.Control.AnswersAsync(known.Identity.ControlServer, cancellationToken))
        {
            _refusedSince = null;
            return;
        }

        // From the first answer on: tailscaled needs a while itself to notice that the control server is back.
        var now = _time.GetUtcNow();
        _refusedSince ??= now;
        if (now - _refusedSince >= _timings.CutOff)
        {
            facts.Change(static known => known.IsCutOff ? known : known with { IsCutOff = true });
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3101, LogLevel.Debug, "{Service}: the bus broke off: {Reason}")]
        public static partial void BusBroken(ILogger logger, string service, string reason);

        [LoggerMessage(3103, LogLevel.Warning, "{Service}: tailscaled's bus says what Dovetail does not understand: {Reason}")]
        public static partial void BusStrange(ILogger logger, string service, string reason);

        [LoggerMessage(3102, LogLevel.Debug, "{Service}: {Reason}")]
        public static partial void NoAnswer(ILogger logger, string service, string reason);
    }
}
