using Dovetail.Nodes.Decisions;
using Dovetail.Nodes.Facts;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;
using static Dovetail.Tests.Nodes.Decisions.NodeFactsBuilder;

namespace Dovetail.Tests.Nodes.Decisions;

/// <summary>What is said about containers, with the command that mends it.</summary>
public sealed class UpstreamConditionsTests
{
    [Theory]
    [InlineData(NotRunningState.Paused, 0, false, "container web-1 is paused", "docker unpause web-1")]
    [InlineData(NotRunningState.Dead, 1, false, "container web-1 is dead", "docker rm -f web-1")]
    [InlineData(NotRunningState.Restarting, 3, false, "container web-1 ends again and again (exit code 3)", "docker logs web-1")]
    [InlineData(NotRunningState.Restarting, 137, true, "container web-1 runs out of memory again and again", "Give it more memory")]
    [InlineData(NotRunningState.Ended, 137, true, "container web-1 ran out of memory and was ended", "docker start web-1")]
    [InlineData(NotRunningState.Ended, 0, false, "container web-1 has ended", "docker start web-1")]
    [InlineData(NotRunningState.Ended, 1, false, "container web-1 has ended (exit code 1)", "docker logs web-1")]
    internal void A_container_that_does_not_run_is_named_with_its_state(
        NotRunningState state, int exitCode, bool isOutOfMemory, string text, string fix)
    {
        var condition = Only(Without(new ContainerNotRunning("web-1", state, exitCode, isOutOfMemory)));

        Assert.Equal(("no-upstream", Severity.Problem), (condition.Id, condition.Severity));
        Assert.StartsWith(text, condition.Text, StringComparison.Ordinal);
        Assert.Contains(fix, condition.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_one_that_is_asleep_nothing_is_said_but_that_it_cannot_be_started()
    {
        var asleep = Without() with { Service = Without().Service with { Sleeping = [new SleepingContainer("id", "web-1")] } };
        var failed = asleep with { Service = asleep.Service with { Sleeping = [new SleepingContainer("id", "web-1", "no such image")] } };
        var awake = Ready() with { Service = Ready().Service with { SleepFailure = "container web-1: 403" } };

        Assert.Empty(UpstreamConditions.Of(asleep));
        Assert.Equal(NodeState.Asleep, NodeDecision.From(asleep, Now).State);
        Assert.Equal("start-failed", Only(failed).Id);
        Assert.Equal("container web-1 could not be started: no such image", Only(failed).Text);
        Assert.Equal(("stop-failed", Severity.Notice), (Only(awake).Id, Only(awake).Severity));
        Assert.Equal(NodeState.Ready, NodeDecision.From(awake, Now).State);
    }

    [Fact]
    public void Of_no_container_nothing_more_is_said_than_that() => Assert.Equal("no container serves it now", Only(Without()).Text);

    [Theory]
    [InlineData(ConnectFailure.Refused, false, "nothing listens there", "0.0.0.0")]
    [InlineData(ConnectFailure.Refused, true, "nothing listens there", "0.0.0.0")]
    [InlineData(ConnectFailure.TimedOut, false, "it does not answer", "one Docker network")]
    [InlineData(ConnectFailure.TimedOut, true, "it does not answer", "ufw allow from SUBNET to any port 80")]
    [InlineData(ConnectFailure.Unreachable, false, "there is no way to it", "docker inspect web-1")]
    // What firewalld answers with is "no route to host".
    [InlineData(ConnectFailure.Unreachable, true, "there is no way to it", "firewall-cmd --zone=trusted")]
    internal void An_upstream_that_fails_gets_the_advice_that_fits(ConnectFailure failure, bool isByHost, string text, string fix)
    {
        var condition = Only(Failing(failure, upstream => upstream with { IsByHost = isByHost }));

        Assert.Equal($"container web-1 cannot be reached at 172.17.0.2:80: {text}", condition.Text);
        Assert.Contains(fix, condition.Fix, StringComparison.Ordinal);
        Assert.Equal(failure == ConnectFailure.Refused, condition.Fix.Contains("0.0.0.0", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("192.168.1.10", ConnectFailure.Refused, "nothing listens there", "else correct /etc/services.yaml:3")]
    [InlineData("127.0.0.1", ConnectFailure.Refused, "nothing listens there", "in a container, 127.0.0.1 is that container")]
    [InlineData("192.168.1.10", ConnectFailure.TimedOut, "it does not answer", "See that the machine is on")]
    [InlineData("192.168.1.10", ConnectFailure.Unreachable, "there is no way to it", "has a way to that address")]
    [InlineData("nas.lan", ConnectFailure.Unreachable, "its name is not found, or there is no way to it", "resolver knows nas.lan")]
    internal void An_address_that_fails_gets_advice_without_a_container(string host, ConnectFailure failure, string text, string fix)
    {
        var facts = Failing(failure, upstream => upstream with { Host = host, Port = 8123, IsContainer = false });

        var condition = Only(facts with { Service = facts.Service with { Origin = "/etc/services.yaml:3" } });

        Assert.Equal(("upstream-unreachable", $"{host}:8123 cannot be reached: {text}"), (condition.Id, condition.Text));
        Assert.Contains(fix, condition.Fix, StringComparison.Ordinal);
        Assert.DoesNotContain("docker", condition.Text + condition.Fix, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Of_a_service_that_its_file_does_not_name_any_more_the_file_is_said()
    {
        var facts = Without();

        var condition = Only(facts with { Service = facts.Service with { Origin = "/etc/services.yaml:3" } });

        Assert.Equal("nothing that /etc/services.yaml:3 named serves it now", condition.Text);
    }

    [Fact]
    public void A_port_of_the_hosts_is_named_with_the_containers() => Assert.Equal(
        "Port 80 is the host's, the container's is 8080: set dovetail.port=8080.",
        Only(Failing(ConnectFailure.Refused, upstream => upstream with { MeantPort = 8080 })).Fix);

    [Fact]
    public void What_mends_a_way_that_is_lost_takes_the_place_of_the_general_advice()
    {
        var ready = Ready();
        UnreachableContainer[] containers = [new("a", "why"), new("b", "why", "docker restart b")];
        var facts = ready with { Service = ready.Service with { Upstreams = [], Unreachable = [.. containers] } };

        Assert.Equal(
            ["Put Dovetail and the container on one Docker network.", "docker restart b"],
            UpstreamConditions.Of(facts).Select(condition => condition.Fix));
    }

    private static Condition Only(NodeFacts facts) => Assert.Single(UpstreamConditions.Of(facts));

    private static NodeFacts Without(params ContainerNotRunning[] containers)
    {
        var ready = Ready();
        return ready with { Service = ready.Service with { Upstreams = [], NotRunning = [.. containers] } };
    }

    private static NodeFacts Failing(ConnectFailure failure, Func<Upstream, Upstream> change)
    {
        var ready = Ready();
        var upstream = change(ready.Service.Upstreams[0]);
        return ready with
        {
            Service = ready.Service with { Upstreams = [upstream] },
            Listener = ready.Listener with { Failing = [new FailingUpstream(UpstreamAddress.Of(upstream, null), failure)] },
        };
    }
}
