using Dovetail.Common;
using Dovetail.Nodes.Decisions;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Carries out what <see cref="LoginDecision"/> decided, and remembers how it went.</summary>
internal sealed partial class LoginRunner(NodeDependencies services, NodePaths paths, NodeFactsStore facts, ILogger logger)
{
    // Enough for a login URL to come; the daemon goes on waiting for the user by itself.
    private static readonly TimeSpan WithoutKey = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan CommandGrace = TimeSpan.FromSeconds(10);

    private volatile CancellationTokenSource? _running;

    /// <summary>Gives the running <c>up</c> up; tailscaled goes on by itself until the next one.</summary>
    public void Cancel()
    {
        try
        {
            _running?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended.
        }
    }

    /// <param name="action"><see cref="LoginAction.Up"/> or <see cref="LoginAction.UpWithKey"/>.</param>
    public async Task RunAsync(LoginAction action, CancellationToken cancellationToken)
    {
        var told = facts.Change(static known => known with { Login = known.Login with { LastAppliedIdentity = known.Identity } });
        var key = action == LoginAction.UpWithKey ? services.Keys.Read() : null;
        using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _running = given;
        UpFailure? failure;
        try
        {
            failure = await UpAsync(told, key, given.Token);
        }
        catch (OperationCanceledException)
        {
            facts.Change(static known => known with { Login = known.Login with { Running = LoginAction.None } });
            return;
        }
        catch (Exception broken) when (broken is ChildStartException or IOException or UnauthorizedAccessException)
        {
            failure = new UpFailure(TailscaleError.Other, broken.Message);
        }
        finally
        {
            _running = null;
        }

        facts.Change(known => known with { Login = After(known.Login, failure, key) });
    }

    private async Task<UpFailure?> UpAsync(NodeFacts told, AuthKey? key, CancellationToken cancellationToken)
    {
        var timings = services.Settings.Timings;
        using var keyFile = key is null ? null : KeyFile.Write(services.Settings.RuntimeDirectory, key);
        var options = new UpOptions
        {
            HostName = told.Identity.HostName,
            Tags = told.Identity.Tags,
            ControlUrl = told.Identity.ControlUrl,
            KeyFile = keyFile?.FilePath,
            Timeout = key is null && timings.Up > WithoutKey ? WithoutKey : timings.Up,
            ForceReauth = told is { Status.HaveNodeKey: true, Prefs: { } prefs } && !told.Identity.SameControlServer(prefs),
        };
        if (key is null)
        {
            Log.Up(logger, told.Service.Name, "");
        }
        else
        {
            Log.Up(logger, told.Service.Name, " with the auth key");
        }

        var result = await services.Command.RunAsync(
            TailscaleArguments.Up(paths.Socket, options), options.Timeout + CommandGrace, null, cancellationToken);
        if (result.Succeeded)
        {
            return null;
        }

        var failure = UpFailure.From(result.Error);
        // Nobody has followed the URL yet: that is no failure, and status and log show the URL.
        return failure.Kind == TailscaleError.TimedOut && facts.Current.CurrentLoginUrl is not null ? null : failure;
    }

    private LoginMemory After(LoginMemory before, UpFailure? failure, AuthKey? key)
    {
        var now = services.Time.GetUtcNow();
        if (failure is null)
        {
            return before with { Running = LoginAction.None, Failure = null, Failures = 0 };
        }

        Log.UpFailed(logger, facts.Current.Service.Name, failure.Text);
        var failures = before.Failures + 1;
        var timings = services.Settings.Timings;
        var after = before with
        {
            Running = LoginAction.None,
            Failure = failure,
            Failures = failures,
            RetryAt = now + Backoff.Wait(failures, timings.RetryMin, timings.RetryMax, services.Random.NextDouble()),
        };
        return failure.Kind == TailscaleError.KeyRefused && key is not null
            ? after with { RefusedKey = key.Fingerprint, RefusedUntil = now + timings.RefusedKey, RetriesGoOn = true }
            : after;
    }

    private static partial class Log
    {
        [LoggerMessage(3201, LogLevel.Information, "{Service}: logging in{How}")]
        public static partial void Up(ILogger logger, string service, string how);

        [LoggerMessage(3202, LogLevel.Warning, "{Service}: tailscale up failed: {Reason}")]
        public static partial void UpFailed(ILogger logger, string service, string reason);
    }
}
