using Dovetail.Nodes;
using Dovetail.Nodes.Decisions;
using Dovetail.Nodes.Facts;
using Dovetail.Services.Model;
using Dovetail.Tailscale;
using Dovetail.Tests.Nodes.Fakes;
using static Dovetail.Tests.Nodes.Decisions.NodeFactsBuilder;

namespace Dovetail.Tests.Nodes;

public sealed class NodeReporterTests : IDisposable
{
    private static readonly Condition Silent = Conditions.TailscaledSilent();

    private readonly NodeBench _bench = new();
    private readonly NodeReporter _reporter;

    public NodeReporterTests() =>
        _reporter = new NodeReporter(NodeBench.Web, _bench.DaemonLog, _bench.Clock, _bench.Logger<NodeReporter>());

    [Fact]
    public void A_node_that_has_not_begun_is_starting()
    {
        Assert.Equal((NodeState.Starting, TestClock.Noon), (_reporter.Current.State, _reporter.Current.Since));
        Assert.Null(_reporter.Current.Url);
    }

    [Fact]
    public void Each_change_of_state_is_one_line()
    {
        Publish(NodeState.Starting);
        Publish(NodeState.NeedsLogin);
        Publish(NodeState.NeedsLogin);
        Publish(NodeState.Ready, Ready());
        Publish(NodeState.Ready, Ready());

        Assert.Equal(["web: NeedsLogin", "web: ready at https://web.tailtest.ts.net (100.64.0.1)"], _bench.LogLines);
    }

    [Fact]
    public void A_state_counts_from_when_it_began()
    {
        Publish(NodeState.Running);
        _bench.Clock.Advance(TimeSpan.FromMinutes(1));
        Publish(NodeState.Running);
        Assert.Equal(TestClock.Noon, _reporter.Current.Since);

        Publish(NodeState.Ready);
        Assert.Equal(TestClock.Noon.AddMinutes(1), _reporter.Current.Since);
    }

    [Fact]
    public void A_condition_is_one_line_when_it_comes_and_one_when_it_goes()
    {
        Publish(NodeState.Starting, conditions: Silent);
        Publish(NodeState.Starting, conditions: Silent);
        Publish(NodeState.Starting);
        Publish(NodeState.Starting);

        Assert.Equal([$"web: {Silent.Text}. {Silent.Fix}", $"web: over: {Silent.Text}"], _bench.LogLines);
    }

    [Fact]
    public void Another_text_is_another_line_and_another_fix_is_none()
    {
        Publish(NodeState.Starting, conditions: new Condition("a", Severity.Notice, "one", "fix"));
        Publish(NodeState.Starting, conditions: new Condition("a", Severity.Notice, "one", "other"));
        Publish(NodeState.Starting, conditions: new Condition("a", Severity.Notice, "two", "fix"));

        Assert.Equal(["web: one. fix", "web: two. fix"], _bench.LogLines);
    }

    [Fact]
    public void A_node_that_is_down_for_a_moment_keeps_name_and_addresses()
    {
        Publish(NodeState.Ready, Ready());
        Publish(NodeState.Starting, Ready().ForNewSession());

        Assert.Equal("web.tailtest.ts.net", _reporter.Current.DnsName);
        Assert.Equal(["100.64.0.1"], _reporter.Current.Addresses);
        Assert.Equal("https://web.tailtest.ts.net", _reporter.Current.Url);
    }

    [Theory]
    [InlineData(nameof(TlsMode.Off), true, "http://web.tailtest.ts.net")]
    [InlineData(nameof(TlsMode.On), true, "https://web.tailtest.ts.net")]
    [InlineData(nameof(TlsMode.Auto), false, "tcp://web.tailtest.ts.net:5432")]
    public void The_url_is_where_the_service_is_reached(string tls, bool http, string url)
    {
        var facts = Running(Enum.Parse<TlsMode>(tls));
        Publish(NodeState.Ready, facts with { Service = facts.Service with { Http = http, TcpPorts = http ? [] : [5432, 6379] } });

        Assert.Equal(url, _reporter.Current.Url);
    }

    [Fact]
    public void A_login_url_is_shown_while_it_is_of_use()
    {
        var facts = NeedsLogin(null).WithStatus(new IpnStatus { AuthUrl = "https://login.example.com/a/1" });

        Publish(NodeState.NeedsLogin, facts);
        Assert.Equal("https://login.example.com/a/1", _reporter.Current.LoginUrl);

        Publish(NodeState.Running, facts.WithBackend(BackendState.Running));
        Assert.Null(_reporter.Current.LoginUrl);
    }

    [Fact]
    public void The_end_of_tailscaleds_log_is_shown_while_it_is_down()
    {
        for (var line = 1; line <= 7; line++)
        {
            _bench.DaemonLog.Add($"line {line}");
        }

        var down = new DaemonDown("ended with exit code 1", Now);
        Publish(NodeState.Backoff, New() with { Supervision = new SupervisionFacts { Down = down, Restarts = 3 } });
        Assert.Equal(["line 3", "line 4", "line 5", "line 6", "line 7"], _reporter.Current.LogTail);
        Assert.Equal(3, _reporter.Current.Restarts);

        Publish(NodeState.Starting, New() with { Daemon = new DaemonFacts { ProcessId = 7 } });
        Assert.Empty(_reporter.Current.LogTail);
        Assert.Equal(7, _reporter.Current.ProcessId);
    }

    public void Dispose() => _bench.Dispose();

    private void Publish(NodeState state, NodeFacts? facts = null, params Condition[] conditions) =>
        _reporter.Publish(facts ?? New(), new NodeDecision { State = state, Conditions = [.. conditions] });
}
