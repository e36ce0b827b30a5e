using Dovetail.Common;
using Dovetail.Nodes.Decisions;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Carries out what <see cref="LoginDecision"/> decided, and notes how it went.</summary>
internal sealed partial class LoginRunner(NodeDependencies dependencies, NodePaths paths, ILocalApi api, NodeFactsStore facts)
{
    // Enough for a login URL to come; the daemon goes on waiting for the user by itself.
    private static readonly TimeSpan WithoutKey = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan CommandGrace = TimeSpan.FromSeconds(10);

    private readonly NodeTimingOptions _timings = dependencies.Options.Timings;
    private readonly ILogger _logger = dependencies.Loggers.CreateLogger<LoginRunner>();
    private readonly Lock _lock = new();
    private CancellationTokenSource? _pending;

    /// <summary>Gives the pending <c>up</c> up; tailscaled goes on by itself until the next one.</summary>
    public void CancelPendingUp()
    {
        lock (_lock)
        {
            _ = _pending?.CancelAsync();
        }
    }

    /// <summary>Runs <c>tailscale up</c>.</summary>
    /// <exception cref="OperationCanceledException">The session is over.</exception>
    public async Task UpAsync(bool withKey, CancellationToken cancellationToken)
    {
        var applied = facts.Change(static known => known with { Daemon = known.Daemon with { LastAppliedIdentity = known.Identity } });
        var key = withKey ? dependencies.Keys.Read() : null;
        UpFailure? failure;
        using var pending = BeginPending(cancellationToken);
        try
        {
            failure = await RunAsync(applied, key, pending.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Given up for a better one.
            return;
        }
        catch (Exception broken) when (broken is ChildStartException or IOException or UnauthorizedAccessException)
        {
            failure = new UpFailure(TailscaleError.Other, broken.Message);
        }
        finally
        {
            EndPending();
        }

        if (failure is null)
        {
            facts.Change(static known => known with { Login = known.Login with { Failure = null, Failures = 0 } });
            return;
        }

        Log.UpFailed(_logger, applied.Service.Name, failure.Text);
        facts.Change(known => Failed(known, failure, key));
    }

    /// <summary>
    /// Ends tailscaled's own tries with a refused key: a new one knows nothing of it. <c>logout</c> would not do: on a node without
    /// a node key it does nothing, and on one with a key it would lose the machine.
    /// </summary>
    /// <exception cref="OperationCanceledException">The session is over.</exception>
    public async Task StopRetriesAsync(DaemonSession session, CancellationToken cancellationToken)
    {
        Log.StopRetries(_logger, facts.Current.Service.Name);
        try
        {
            if (facts.Current.Tailnet.Status?.HaveNodeKey != true)
            {
                // Else the new tailscaled would ask for a login by itself.
                await api.SetWantRunningAsync(false, cancellationToken);
            }
        }
        catch (LocalApiException)
        {
            // Then it does, which is no harm to the control server.
        }

        session.End(SessionEnd.OnRequest);
    }

    private CancellationTokenSource BeginPending(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _pending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        }
    }

    private void EndPending()
    {
        lock (_lock)
        {
            _pending = null;
        }
    }

    private async Task<UpFailure?> RunAsync(NodeFacts applied, AuthKey? key, CancellationToken cancellationToken)
    {
        using var keyFile = key is null ? null : KeyFile.Write(dependencies.Options.RuntimeDirectory, key);
        var options = new UpOptions
        {
            HostName = applied.Identity.HostName,
            Tags = applied.Identity.Tags,
            ControlUrl = applied.Identity.ControlUrl,
            KeyFile = keyFile?.FilePath,
            Timeout = key is null && _timings.Up > WithoutKey ? WithoutKey : _timings.Up,
            ForceReauth = applied.Tailnet is { Status.HaveNodeKey: true, Prefs: { } prefs } && !applied.Identity.SameControlServer(prefs),
        };
        Log.Up(_logger, applied.Service.Name, key is null ? "" : " with the auth key");
        var result = await dependencies.Command.RunAsync(
            TailscaleArguments.Up(paths.Socket, options), options.Timeout + CommandGrace, null, cancellationToken);
        if (result.Succeeded)
        {
            facts.Change(known => LoggedIn(known, applied.Tailnet.Backend));
            return null;
        }

        var failure = UpFailure.From(result.Error);
        // Nobody has followed the URL yet: that is no failure, and status and log show the URL.
        return failure.Kind == TailscaleError.TimedOut && facts.Current.Tailnet.LoginUrl is not null ? null : failure;
    }

    // The bus may say so only after the command has ended. Until it does, or has had the time to, there must be no other login: a key
    // that is good for one login would be refused the second time, and a refused key cuts a running node off.
    private NodeFacts LoggedIn(NodeFacts known, BackendState? before)
    {
        var isTold = before == BackendState.Running || known.Tailnet.Backend != before;
        var retryAt = isTold ? default : dependencies.Time.GetUtcNow() + _timings.LoggedIn;
        return known with { Login = known.Login.Succeeded() with { RetryAt = retryAt } };
    }

    private NodeFacts Failed(NodeFacts known, UpFailure failure, AuthKey? key)
    {
        var now = dependencies.Time.GetUtcNow();
        var failures = known.Login.Failures + 1;
        var login = known.Login with
        {
            Failure = failure,
            Failures = failures,
            RetryAt = now + WaitAfter(failure, failures),
        };
        return failure.Kind == TailscaleError.KeyRefused && key is not null
            ? known with
            {
                Login = login with { RefusedKey = key.Fingerprint, RefusedUntil = now + _timings.RefusedKey },
                Daemon = known.Daemon with { RetriesRefusedKey = true },
            }
            : known with { Login = login };
    }

    // A limit names the time at which tailscaled asks again by itself, and then the answer takes a moment.
    private TimeSpan WaitAfter(UpFailure failure, int failures)
    {
        var wait = Backoff.Wait(failures, _timings.RetryMin, _timings.RetryMax, dependencies.Random.NextDouble());
        var limit = failure.Kind == TailscaleError.RateLimited ? TailscaleErrors.RegistersAgainAfter(failure.Text) : null;
        return limit is { } time && time + _timings.LocalApi > wait ? time + _timings.LocalApi : wait;
    }

    private static partial class Log
    {
        [LoggerMessage(3201, LogLevel.Information, "{Service}: logging in{How}")]
        public static partial void Up(ILogger logger, string service, string how);

        [LoggerMessage(3202, LogLevel.Warning, "{Service}: tailscale up failed: {Reason}")]
        public static partial void UpFailed(ILogger logger, string service, string reason);

        [LoggerMessage(
            3203, LogLevel.Information, "{Service}: the refused key is not tried again until it is replaced, or for ten minutes")]
        public static partial void StopRetries(ILogger logger, string service);
    }
}
