using Dovetail.Nodes.Decisions;
using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;
using static Dovetail.Tests.Nodes.Decisions.NodeFactsBuilder;

namespace Dovetail.Tests.Nodes.Decisions;

public sealed class LoginDecisionTests
{
    [Fact]
    public void A_node_that_needs_login_is_logged_in_with_the_key() => Assert.Equal(LoginAction.UpWithKey, Decide(NeedsLogin("k1")));

    [Fact]
    public void Without_a_key_a_login_url_is_asked_for() => Assert.Equal(LoginAction.Up, Decide(NeedsLogin(null)));

    [Fact]
    public void A_login_url_that_is_shown_is_not_replaced_by_another()
    {
        var waiting = NeedsLogin(null) with { Status = new IpnStatus { BackendState = BackendState.NeedsLogin, AuthUrl = "https://login.example/a/1" } };

        Assert.Equal(LoginAction.None, Decide(waiting));
    }

    [Fact]
    public void A_key_that_comes_while_a_login_url_is_shown_is_used()
    {
        var waiting = NeedsLogin("k1") with { Status = new IpnStatus { BackendState = BackendState.NeedsLogin, AuthUrl = "https://login.example/a/1" } };

        Assert.Equal(LoginAction.UpWithKey, Decide(waiting));
    }

    // 02-up/running-node-with-bad-key.txt: a refused key cuts a running node off, and `up` still exits 0.
    [Fact]
    public void A_running_node_is_never_given_a_key()
    {
        var changed = Running() with { Key = "k1", Identity = new NodeIdentity("web", ["tag:web"], null) };

        Assert.Equal(LoginAction.None, Decide(Running() with { Key = "k1" }));
        Assert.Equal(LoginAction.Up, Decide(changed));
    }

    [Fact]
    public void A_setting_that_the_node_was_told_already_is_not_told_again()
    {
        var identity = new NodeIdentity("web", ["tag:web"], null);

        Assert.Equal(LoginAction.None, Decide(Running() with { Identity = identity, Login = new LoginMemory { LastAppliedIdentity = identity } }));
    }

    [Fact]
    public void Another_control_server_takes_a_login_with_the_key()
    {
        var moved = Running() with { Key = "k1", Identity = new NodeIdentity("web", [], "https://headscale.example.com") };

        Assert.Equal(LoginAction.UpWithKey, Decide(moved));
    }

    [Fact]
    public void A_stopped_node_is_brought_up_without_the_key() => Assert.Equal(LoginAction.Up, Decide(Running() with { Backend = BackendState.Stopped, Key = "k1" }));

    // 02-up/control-unreachable.txt: a node with state comes up by itself when the control server returns.
    [Fact]
    public void A_node_without_a_state_is_left_alone() => Assert.Equal(LoginAction.None, Decide(NeedsLogin("k1") with { Backend = BackendState.NoState }));

    [Fact]
    public void Nothing_is_begun_while_a_login_is_under_way() =>
        Assert.Equal(LoginAction.None, Decide(NeedsLogin("k1") with { Login = new LoginMemory { Running = LoginAction.UpWithKey } }));

    [Fact]
    public void A_failed_login_is_tried_again_after_its_wait()
    {
        var failed = NeedsLogin("k1") with { Login = new LoginMemory { Failure = new UpFailure(TailscaleError.TimedOut, "t"), RetryAt = Now.AddSeconds(1) } };

        Assert.Equal(LoginAction.None, Decide(failed));
        Assert.Equal(LoginAction.UpWithKey, LoginDecision.Decide(failed, Now.AddSeconds(1)));
    }

    [Fact]
    public void A_node_that_was_stopped_for_its_refused_key_waits_for_another_key()
    {
        var stopped = Refused() with { Backend = BackendState.Stopped };

        Assert.Equal(LoginAction.None, Decide(stopped));
        Assert.Equal(NodeState.NeedsLogin, NodeDecision.From(stopped, Now).State);
        Assert.Equal(LoginAction.UpWithKey, Decide(stopped with { Key = "k2" }));
    }

    // 02-up/invalid-key.txt: 27 tries in 67 s.
    [Fact]
    public void The_daemons_own_tries_with_a_refused_key_are_ended_with_the_daemon() => Assert.Equal(LoginAction.Restart, Decide(Refused(goingOn: true)));

    [Fact]
    public void A_key_need_not_wait_for_an_up_that_waits_for_a_person()
    {
        var waiting = NeedsLogin("k2") with { Login = new LoginMemory { Running = LoginAction.Up, RefusedKey = "k1" } };

        Assert.True(LoginDecision.ShouldCancelPendingUp(waiting));
        Assert.False(LoginDecision.ShouldCancelPendingUp(waiting with { Key = "k1" }));
        Assert.False(LoginDecision.ShouldCancelPendingUp(waiting with { Key = null }));
        Assert.False(LoginDecision.ShouldCancelPendingUp(waiting with { Backend = BackendState.Running }));
    }

    [Fact]
    public void A_refused_key_rests_for_ten_minutes()
    {
        Assert.Equal(LoginAction.None, Decide(Refused()));
        Assert.Equal(LoginAction.UpWithKey, LoginDecision.Decide(Refused(), Now.AddMinutes(10)));
    }

    [Fact]
    public void A_key_that_replaces_a_refused_one_is_tried_at_once() => Assert.Equal(LoginAction.UpWithKey, Decide(Refused() with { Key = "k2" }));

    private static NodeFacts Refused(bool goingOn = false) => NeedsLogin("k1") with
    {
        Login = new LoginMemory
        {
            Failure = new UpFailure(TailscaleError.KeyRefused, "invalid key: API key does not exist"),
            RefusedKey = "k1",
            RefusedUntil = Now.AddMinutes(10),
            RetryAt = Now.AddSeconds(1),
            RetriesGoOn = goingOn,
        },
    };

    private static LoginAction Decide(NodeFacts facts) => LoginDecision.Decide(facts, Now);
}
