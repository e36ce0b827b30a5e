using Dovetail.Nodes.Decisions;
using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;
using static Dovetail.Tests.Nodes.Decisions.NodeFactsBuilder;

namespace Dovetail.Tests.Nodes.Decisions;

public sealed class LoginDecisionTests
{
    private static readonly IpnStatus UrlShown = new() { BackendState = BackendState.NeedsLogin, AuthUrl = "https://login.example/a/1" };

    [Fact]
    public void A_node_that_needs_login_is_logged_in_with_the_key() => Assert.Equal(Activity.UpWithKey, Decide(NeedsLogin("k1")));

    [Fact]
    public void Without_a_key_a_login_url_is_asked_for() => Assert.Equal(Activity.Up, Decide(NeedsLogin(null)));

    [Fact]
    public void A_login_url_that_is_shown_is_not_replaced_by_another()
    {
        var waiting = NeedsLogin(null).WithStatus(UrlShown);

        Assert.Null(Decide(waiting));
    }

    [Fact]
    public void A_key_that_comes_while_a_login_url_is_shown_is_used()
    {
        var waiting = NeedsLogin("k1").WithStatus(UrlShown);

        Assert.Equal(Activity.UpWithKey, Decide(waiting));
    }

    // Recorded: a refused key cuts a running node off, and `up` still exits 0.
    [Fact]
    public void A_running_node_is_never_given_a_key()
    {
        var changed = Running().WithKey("k1") with { Identity = new NodeIdentity("web", ["tag:web"], null) };

        Assert.Null(Decide(Running().WithKey("k1")));
        Assert.Equal(Activity.Up, Decide(changed));
    }

    // Recorded with 1.96.5 and 1.102.3: tailscaled asks again by itself, and each further `up` asks at once.
    [Theory]
    [InlineData("register request: http 429: rate limit exceeded")]
    [InlineData("node registration rate limited; will retry after 57s")]
    public void A_login_that_the_control_server_limits_is_left_to_tailscaled(string error)
    {
        var said = $"You are logged out. The last login error was: {error}";
        var limited = NeedsLogin("k1").WithWarning("login-state", said);
        var applied = limited with { Daemon = limited.Daemon with { LastAppliedIdentity = limited.Identity } };

        Assert.Equal(Activity.UpWithKey, Decide(limited));
        Assert.Null(Decide(applied));
        Assert.Equal(Activity.UpWithKey, Decide(applied with { Identity = new NodeIdentity("www", [], null) }));
    }

    [Fact]
    public void A_setting_that_the_node_was_told_already_is_not_told_again()
    {
        var identity = new NodeIdentity("web", ["tag:web"], null);

        Assert.Null(Decide(Running() with { Identity = identity, Daemon = new DaemonFacts { LastAppliedIdentity = identity } }));
    }

    [Fact]
    public void Another_control_server_takes_a_login_with_the_key()
    {
        var moved = Running().WithKey("k1") with { Identity = new NodeIdentity("web", [], "https://headscale.example.com") };

        Assert.Equal(Activity.UpWithKey, Decide(moved));
    }

    // status-nostate-control-unreachable-with-state.json.
    [Theory]
    [InlineData("k1", true, Activity.UpWithKey)]
    [InlineData(null, true, Activity.Up)]
    [InlineData("k1", false, null)]
    internal void A_node_whose_former_control_server_is_dead_logs_in_at_the_new_one(string? key, bool hasState, Activity? activity)
    {
        var dead = Running().WithBackend(BackendState.NoState).WithKey(key);
        dead = dead.WithStatus(dead.Tailnet.Status! with { BackendState = BackendState.NoState, HaveNodeKey = hasState });

        Assert.Equal(activity, Decide(dead with { Identity = new NodeIdentity("web", [], "https://headscale.example.com") }));
        Assert.Null(Decide(dead));
    }

    [Fact]
    public void A_stopped_node_is_brought_up_without_the_key() =>
        Assert.Equal(Activity.Up, Decide(Running().WithBackend(BackendState.Stopped).WithKey("k1")));

    // Recorded: a node with state comes up by itself when the control server returns.
    [Fact]
    public void A_node_without_a_state_is_left_alone() => Assert.Null(Decide(NeedsLogin("k1").WithBackend(BackendState.NoState)));

    [Fact]
    public void Nothing_is_begun_while_a_login_is_under_way() =>
        Assert.Null(Decide(NeedsLogin("k1").Doing(Activity.UpWithKey)));

    [Fact]
    public void A_failed_login_is_tried_again_after_its_wait()
    {
        var failed = NeedsLogin("k1") with
        {
            Login = new LoginFacts { Key = "k1", Failure = new UpFailure(TailscaleError.TimedOut, "t"), RetryAt = Now.AddSeconds(1) },
        };

        Assert.Null(Decide(failed));
        Assert.Equal(Activity.UpWithKey, LoginDecision.Decide(failed, Now.AddSeconds(1)));
    }

    [Fact]
    public void A_node_that_was_stopped_for_its_refused_key_waits_for_another_key()
    {
        var stopped = Refused().WithBackend(BackendState.Stopped);

        Assert.Null(Decide(stopped));
        Assert.Equal(NodeState.NeedsLogin, NodeDecision.From(stopped, Now).State);
        Assert.Equal(Activity.UpWithKey, Decide(stopped.WithKey("k2")));
    }

    // Recorded: 27 tries in 67 s.
    [Fact]
    public void The_daemons_own_tries_with_a_refused_key_are_ended_with_the_daemon() =>
        Assert.Equal(Activity.StopRetries, Decide(Refused(goingOn: true)));

    [Fact]
    public void A_key_need_not_wait_for_an_up_that_waits_for_a_person()
    {
        var waiting = (NeedsLogin("k2") with { Login = new LoginFacts { Key = "k2", RefusedKey = "k1" } }).Doing(Activity.Up);

        Assert.True(LoginDecision.ShouldCancelPendingUp(waiting));
        Assert.False(LoginDecision.ShouldCancelPendingUp(waiting.WithKey("k1")));
        Assert.False(LoginDecision.ShouldCancelPendingUp(waiting.WithKey(null)));
        Assert.False(LoginDecision.ShouldCancelPendingUp(waiting.WithBackend(BackendState.Running)));
    }

    [Fact]
    public void A_refused_key_rests_for_ten_minutes()
    {
        Assert.Null(Decide(Refused()));
        Assert.Equal(Activity.UpWithKey, LoginDecision.Decide(Refused(), Now.AddMinutes(10)));
    }

    [Fact]
    public void A_key_that_replaces_a_refused_one_is_tried_at_once() => Assert.Equal(Activity.UpWithKey, Decide(Refused().WithKey("k2")));

    private static NodeFacts Refused(bool goingOn = false) => NeedsLogin("k1") with
    {
        Login = new LoginFacts
        {
            Key = "k1",
            Failure = new UpFailure(TailscaleError.KeyRefused, "invalid key: API key does not exist"),
            RefusedKey = "k1",
            RefusedUntil = Now.AddMinutes(10),
            RetryAt = Now.AddSeconds(1),
        },
        Daemon = new DaemonFacts { RetriesRefusedKey = goingOn },
    };

    private static Activity? Decide(NodeFacts facts) => LoginDecision.Decide(facts, Now);
}
