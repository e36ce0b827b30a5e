using System.Collections.Immutable;
using Dovetail.Nodes;
using Dovetail.Nodes.Decisions;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Tailscale;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Nodes;

public sealed class LoginRunnerTests : IDisposable
{
    private const string Key = "tskey-auth-secret";

    // Recordings/up-invalid-key.txt of the stand-in.
    private const string KeyRefused = "backend error: invalid key: API key does not exist";

    private static readonly NodeTimingOptions Timings = new();

    private readonly NodeBench _bench = new();
    private readonly LoginRunner _runner;

    public LoginRunnerTests() => _runner = new LoginRunner(_bench.Dependencies, _bench.Paths, _bench.Api, _bench.Facts);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private NodeFacts Facts => _bench.Facts.Current;

    [Fact]
    public async Task Without_a_key_the_command_describes_the_node_and_waits_for_a_url_only()
    {
        _bench.Facts.Change(known => known with { Identity = new NodeIdentity("web", ["tag:a", "tag:b"], "https://control.example.com") });

        await _runner.UpAsync(withKey: false, Cancellation);

        Assert.Equal(
            [
                $"--socket={_bench.Paths.Socket}", "up", "--reset", "--hostname=web", "--advertise-tags=tag:a,tag:b",
                "--login-server=https://control.example.com", "--accept-dns=false", "--timeout=15s",
            ],
            _bench.Command.Last);
        Assert.Equal(TimeSpan.FromSeconds(25), _bench.Command.Deadline);
    }

    [Fact]
    public async Task The_key_is_in_a_file_of_the_owners_while_the_command_runs_and_nowhere_else()
    {
        _bench.GiveKey(Key);
        (string Content, UnixFileMode Mode)? seen = null;
        _bench.Command.Answer = (arguments, _) =>
        {
            var file = FakeCommand.KeyFileOf(arguments)!;
            seen = (File.ReadAllText(file), File.GetUnixFileMode(file));
            return Task.FromResult(FakeCommand.Done);
        };

        await _runner.UpAsync(withKey: true, Cancellation);

        Assert.Equal((Key, UnixFileMode.UserRead | UnixFileMode.UserWrite), seen);
        Assert.False(File.Exists(FakeCommand.KeyFileOf(_bench.Command.Last)));
        Assert.Contains("--timeout=60s", _bench.Command.Last);
        Assert.DoesNotContain(_bench.Command.Last, argument => argument.Contains(Key, StringComparison.Ordinal));
        Assert.DoesNotContain(_bench.LogLines, line => line.Contains(Key, StringComparison.Ordinal));
        Assert.Contains("web: logging in with the auth key", _bench.LogLines);
    }

    [Fact]
    public async Task The_key_file_goes_however_the_command_ends()
    {
        _bench.GiveKey(Key);
        _bench.Command.Answer = static (_, _) => throw new ChildStartException("tailscale", new FileNotFoundException("gone"));
        await _runner.UpAsync(withKey: true, Cancellation);
        Assert.False(File.Exists(FakeCommand.KeyFileOf(_bench.Command.Last)));

        using var ended = new CancellationTokenSource();
        _bench.Command.Answer = Pending;
        var running = _runner.UpAsync(withKey: true, ended.Token);
        await TestClock.UntilAsync(() => _bench.Command.Calls.Count == 2);
        await ended.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.False(File.Exists(FakeCommand.KeyFileOf(_bench.Command.Last)));
    }

    [Fact]
    public async Task Another_control_server_takes_a_new_login_of_a_node_that_has_one()
    {
        _bench.Facts.Change(known => known with
        {
            Identity = new NodeIdentity("web", [], "https://control.example.com"),
            Tailnet = new TailnetFacts { Prefs = FakeLocalApi.Prefs, Status = FakeLocalApi.StatusOf(BackendState.Running) },
        });

        await _runner.UpAsync(withKey: false, Cancellation);

        Assert.Contains("--force-reauth", _bench.Command.Last);
    }

    [Fact]
    public async Task A_limited_login_is_left_alone_for_as_long_as_the_control_server_asks()
    {
        _bench.Command.Answer = (_, _) => Task.FromResult(
            FakeCommand.Failed("backend error: node registration rate limited; will retry after 57s"));

        await _runner.UpAsync(withKey: false, Cancellation);

        Assert.Equal(_bench.Clock.Now + TimeSpan.FromSeconds(57) + new NodeTimingOptions().LocalApi, Facts.Login.RetryAt);
    }

    [Fact]
    public async Task A_success_is_remembered_with_what_was_applied()
    {
        var failure = new UpFailure(TailscaleError.Other, "x");
        _bench.Facts.Change(known => known with { Login = known.Login with { Failures = 2, Failure = failure } });

        await _runner.UpAsync(withKey: false, Cancellation);

        Assert.Equal((0, null), (Facts.Login.Failures, Facts.Login.Failure));
        Assert.Equal(Facts.Identity, Facts.Daemon.LastAppliedIdentity);
    }

    // A key that is good for one login would be refused the second time, which cuts a running node off.
    [Fact]
    public async Task A_success_that_the_bus_has_not_told_yet_is_not_tried_for_again()
    {
        _bench.GiveKey(Key);
        _bench.Facts.Change(known => known with
        {
            Login = known.Login with { Key = new AuthKey(Key).Fingerprint, RefusedKey = "another" },
            Tailnet = new TailnetFacts { Backend = BackendState.NeedsLogin, Prefs = new IpnPrefs() },
        });
        Assert.Equal(Activity.UpWithKey, LoginDecision.Decide(Facts, _bench.Clock.Now));

        await _runner.UpAsync(withKey: true, Cancellation);

        Assert.Null(LoginDecision.Decide(Facts, _bench.Clock.Now + Timings.LoggedIn - TimeSpan.FromTicks(1)));
        Assert.Equal(Activity.UpWithKey, LoginDecision.Decide(Facts, _bench.Clock.Now + Timings.LoggedIn));
    }

    [Fact]
    public async Task A_success_that_the_bus_told_first_holds_nothing_back()
    {
        _bench.Facts.Change(known => known with { Tailnet = new TailnetFacts { Backend = BackendState.NeedsLogin } });
        _bench.Command.Answer = (_, _) =>
        {
            _bench.Facts.Change(known => known with { Tailnet = known.Tailnet with { Backend = BackendState.Running } });
            return Task.FromResult(FakeCommand.Done);
        };

        await _runner.UpAsync(withKey: false, Cancellation);

        Assert.Equal(default, Facts.Login.RetryAt);
    }

    [Fact]
    public async Task A_failure_waits_longer_each_time()
    {
        Fail("backend error: fetch control key: connection refused");
        var waits = new List<double>();
        for (var i = 0; i < 8; i++)
        {
            await _runner.UpAsync(withKey: false, Cancellation);
            waits.Add((Facts.Login.RetryAt - _bench.Clock.Now).TotalSeconds);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], waits);
        Assert.Equal("fetch control key: connection refused", Facts.Login.Failure!.Text);
        Assert.Contains("web: tailscale up failed: fetch control key: connection refused", _bench.LogLines);
    }

    [Fact]
    public async Task A_refused_key_rests_for_ten_minutes_and_its_retries_are_to_be_stopped()
    {
        _bench.GiveKey(Key);
        Fail(KeyRefused);

        await _runner.UpAsync(withKey: true, Cancellation);

        Assert.Equal(new AuthKey(Key).Fingerprint, Facts.Login.RefusedKey);
        Assert.Equal(_bench.Clock.Now + Timings.RefusedKey, Facts.Login.RefusedUntil);
        Assert.True(Facts.Daemon.RetriesRefusedKey);
    }

    [Fact]
    public async Task Without_a_key_none_can_be_refused()
    {
        Fail(KeyRefused);

        await _runner.UpAsync(withKey: true, Cancellation);

        Assert.Null(FakeCommand.KeyFileOf(_bench.Command.Last));
        Assert.Null(Facts.Login.RefusedKey);
        Assert.False(Facts.Daemon.RetriesRefusedKey);
    }

    [Theory]
    [InlineData("https://login.example.com/a/1", true)]
    [InlineData(null, false)]
    public async Task A_timeout_is_no_failure_when_somebody_has_only_to_follow_the_url(string? url, bool succeeds)
    {
        _bench.Facts.Change(known => known with { Tailnet = known.Tailnet with { AnnouncedLoginUrl = url } });
        // Recorded with 1.96.5, without its advice to look at the status.
        Fail("timeout waiting for Tailscale service to enter a Running state");

        await _runner.UpAsync(withKey: false, Cancellation);

        Assert.Equal(succeeds, Facts.Login.Failure is null);
    }

    [Fact]
    public async Task A_command_that_cannot_be_started_is_a_failure_with_its_reason()
    {
        var missing = new ChildStartException("/bin/tailscale", new FileNotFoundException("No such file or directory"));
        _bench.Command.Answer = (_, _) => throw missing;

        await _runner.UpAsync(withKey: false, Cancellation);

        Assert.Equal(new UpFailure(TailscaleError.Other, "cannot start /bin/tailscale: No such file or directory"), Facts.Login.Failure);
    }

    [Fact]
    public async Task A_pending_login_is_given_up_for_a_better_one_without_a_failure()
    {
        _bench.Command.Answer = Pending;
        var pending = _runner.UpAsync(withKey: false, Cancellation);
        await TestClock.UntilAsync(() => _bench.Command.Calls.Count == 1);

        _runner.CancelPendingUp();

        await pending;
        Assert.Equal((null, 0), (Facts.Login.Failure, Facts.Login.Failures));
    }

    [Fact]
    public async Task Giving_up_touches_no_login_that_comes_later()
    {
        await _runner.UpAsync(withKey: false, Cancellation);
        _runner.CancelPendingUp();

        await _runner.UpAsync(withKey: false, Cancellation);

        Assert.Equal(2, _bench.Journal.Count("tailscale up: exit 0"));
    }

    [Fact]
    public async Task A_session_that_ends_takes_its_login_along()
    {
        using var ended = new CancellationTokenSource();
        _bench.Command.Answer = Pending;
        var pending = _runner.UpAsync(withKey: false, ended.Token);
        await TestClock.UntilAsync(() => _bench.Command.Calls.Count == 1);

        await ended.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        Assert.Null(Facts.Login.Failure);
    }

    // Without a node key a new tailscaled would ask for a login by itself; with one it comes up by its state.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_retries_of_a_refused_key_end_with_their_tailscaled(bool hasNodeKey)
    {
        _bench.Api.Become(BackendState.NeedsLogin, FakeLocalApi.StatusOf(BackendState.NeedsLogin) with { HaveNodeKey = hasNodeKey });
        await using var session = _bench.Session(Cancellation);
        var watching = session.WatchAsync(Timings.HangLimit);
        await TestClock.UntilAsync(() => Facts.Tailnet.Status is not null);

        await _runner.StopRetriesAsync(session, Cancellation);

        Assert.Equal(SessionEnd.OnRequest, await watching);
        Assert.Equal(!hasNodeKey, _bench.Journal.Has("want running: False"));
        Assert.Contains(_bench.LogLines, line => line.StartsWith("web: the refused key is not tried again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task They_end_with_it_though_it_does_not_answer()
    {
        _bench.Api.WantRunning = static _ => throw FakeLocalApi.Refusal("no answer");
        await using var session = _bench.Session(Cancellation);
        var watching = session.WatchAsync(Timings.HangLimit);

        await _runner.StopRetriesAsync(session, Cancellation);

        Assert.Equal(SessionEnd.OnRequest, await watching);
    }

    public void Dispose() => _bench.Dispose();

    private void Fail(string error) => _bench.Command.Answer = (_, _) => Task.FromResult(FakeCommand.Failed(error));

    private static async Task<CommandResult> Pending(ImmutableArray<string> arguments, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return FakeCommand.Done;
    }
}
