using Dovetail.Checks;
using Dovetail.Containers;
using Dovetail.Services;
using Dovetail.Services.Model;
using static Dovetail.Tests.Services.SampleContainer;

namespace Dovetail.Tests.Services;

public sealed class DesiredStateTests
{
    private static readonly string[] Web = ["dovetail.name=web", "dovetail.port=80"];
    private static readonly string[] ComposeWeb = [.. Web, "com.docker.compose.project=p", "com.docker.compose.service=web"];

    [Fact]
    public void A_labelled_container_becomes_a_service_with_one_upstream()
    {
        var state = Desired(Named("a", 0, Web));

        var service = Assert.Single(state.Services);
        Assert.Equal("web", service.Name);
        var upstream = Assert.Single(service.Upstreams);
        Assert.Equal(("a", "172.17.0.2", 80), (upstream.ContainerName, upstream.Host, upstream.Port));
        Assert.Empty(state.Rejected);
    }

    [Theory]
    [InlineData(ContainerState.Running, 1, 1)]
    [InlineData(ContainerState.Restarting, 1, 0)]
    [InlineData(ContainerState.Paused, 1, 0)]
    [InlineData(ContainerState.Created, 0, 0)]
    [InlineData(ContainerState.Exited, 0, 0)]
    [InlineData(ContainerState.Dead, 0, 0)]
    [InlineData(ContainerState.Removing, 0, 0)]
    internal void A_containers_state_tells_whether_it_wants_a_service_and_serves(ContainerState container, int services, int upstreams)
    {
        var state = Desired(Named("a", 0, Web) with { State = container });

        Assert.Equal(services, state.Services.Count);
        Assert.Equal(upstreams, state.Services.Sum(service => service.Upstreams.Count));
    }

    [Theory]
    [InlineData(ContainerState.Paused, 0, NotRunningState.Paused, UpstreamAbsence.Paused)]
    [InlineData(ContainerState.Restarting, 3, NotRunningState.Restarting, UpstreamAbsence.Restarting)]
    internal void A_container_that_wants_a_service_and_does_not_run_is_named(
        ContainerState state, int exitCode, NotRunningState expected, UpstreamAbsence absence)
    {
        var service = Assert.Single(Desired(Named("a", 0, Web) with { State = state, ExitCode = 3 }).Services);

        Assert.Equal(new ContainerNotRunning("a", expected, exitCode), Assert.Single(service.NotRunning));
        Assert.Equal(absence, service.Absence);
    }

    [Fact]
    public void A_container_that_is_asleep_wants_its_service_and_yields_to_one_that_runs()
    {
        string[] labels = [.. Web, "dovetail.sleep=30m"];
        var old = Named("old", 0, labels) with { State = ContainerState.Exited };
        var alone = Asleep([], old);
        var beside = Asleep([Named("new", 1, labels)], old);

        Assert.Equal(new SleepingContainer(old.Id, "old"), Assert.Single(Assert.Single(alone.Services).Sleeping));
        Assert.Equal((true, UpstreamAbsence.Asleep), (alone.Services[0].IsAsleep, alone.Services[0].Absence));
        Assert.Equal(("new", 0), (Assert.Single(Assert.Single(beside.Services).Upstreams).ContainerName, beside.Services[0].Sleeping.Count));
        Assert.Equal("old", Assert.Single(beside.Rejected).Container);
    }

    [Fact]
    public void Of_two_that_are_asleep_the_last_to_run_has_the_name()
    {
        string[] labels = [.. Web, "dovetail.sleep=30m"];
        var first = Named("first", 0, labels) with { State = ContainerState.Exited, StartedAt = DateTimeOffset.UnixEpoch.AddHours(1) };
        var last = Named("last", 1, labels) with { State = ContainerState.Exited, StartedAt = DateTimeOffset.UnixEpoch.AddHours(2) };

        Assert.Equal("last", Assert.Single(Assert.Single(Asleep([], first, last).Services).Sleeping).ContainerName);
    }

    [Fact]
    public void Replicas_sleep_together_or_not_at_all()
    {
        string[] labels = [.. ComposeWeb, "dovetail.sleep=30m"];
        var all = Asleep([Named("a", 0, labels), Named("b", 1, labels)]);
        var some = Asleep([Named("a", 0, labels), Named("b", 1, ComposeWeb)]);
        var half = Asleep([Named("a", 0, labels)], Named("b", 1, labels) with { State = ContainerState.Exited });

        Assert.Equal(TimeSpan.FromMinutes(30), Assert.Single(all.Services).Sleep);
        Assert.Null(Assert.Single(some.Services).Sleep);
        Assert.Equal("does not sleep, for container b serves with it and has no such label", Assert.Single(some.Warnings).Text);
        Assert.Equal((1, 1, false), (half.Services[0].Upstreams.Count, half.Services[0].Sleeping.Count, half.Services[0].IsAsleep));
    }

    [Fact]
    public void A_container_whose_name_another_wants_is_not_stopped_for_it_to_take()
    {
        var state = Asleep([Named("bank", 0, [.. Web, "dovetail.sleep=30m"]), Named("thief", 1, Web)]);

        var service = Assert.Single(state.Services);
        Assert.Equal(("bank", null), (Assert.Single(service.Upstreams).ContainerName, service.Sleep));
        Assert.Equal("thief", Assert.Single(state.Rejected).Container);
        Assert.Equal(
            "does not sleep, for container thief wants its name and would take it", Assert.Single(state.Warnings).Text);
    }

    [Fact]
    public void Dovetails_own_container_and_one_of_which_a_part_is_always_awake_never_sleep()
    {
        string[] labels = [.. Web, "dovetail.sleep=30m"];
        var own = DesiredState.From(
            Snapshot(OwnLocation.OnHost with { ContainerName = "a" }, Named("a", 0, labels)), new ServiceOptions { AllowStart = true });
        var partly = Asleep([Named("a", 0, [.. labels, "dovetail.services.b.name=b", "dovetail.services.b.port=81"])]);
        var task = Asleep([Named("a", 0, [.. labels, "com.docker.swarm.service.id=x"])]);

        Assert.All((DesiredState[])[own, partly, task], state =>
        {
            Assert.All(state.Services, service => Assert.Null(service.Sleep));
            Assert.Contains("has no effect", Assert.Single(state.Warnings).Text, StringComparison.Ordinal);
        });
        Assert.Empty(Asleep([], Named("a", 0, [.. labels, "dovetail.services.b.name=b", "dovetail.services.b.port=81"]) with
        {
            State = ContainerState.Exited,
        }).Services);
    }

    [Fact]
    public void Unless_it_is_allowed_nothing_sleeps_and_that_is_said()
    {
        var state = Desired(Named("a", 0, [.. Web, "dovetail.sleep=30m"]));

        Assert.Null(Assert.Single(state.Services).Sleep);
        Assert.Contains("DOVETAIL_ALLOW_START=true", Assert.Single(state.Warnings).Text, StringComparison.Ordinal);
    }

    private static DesiredState Asleep(Container[] running, params Container[] asleep) => DesiredState.From(
        Snapshot(OwnLocation.OnHost, running) with { Asleep = [.. asleep] }, new ServiceOptions { AllowStart = true });

    [Fact]
    public void A_container_that_has_ended_wants_no_service_and_is_named_for_those_that_it_had()
    {
        var a = Named("a", 0, [.. Web, "dovetail.services.b.name=b", "dovetail.services.b.port=x"]) with
        {
            State = ContainerState.Exited,
            ExitCode = 137,
            IsOutOfMemory = true,
        };

        var state = DesiredState.From(Snapshot(OwnLocation.OnHost) with { Ended = [a] }, new ServiceOptions());

        Assert.Equal(
            new EndedService("web", [new ContainerNotRunning("a", NotRunningState.Ended, 137, IsOutOfMemory: true)]),
            Assert.Single(state.Ended));
        Assert.Empty(state.Services);
        Assert.Empty(state.Rejected);
    }

    [Fact]
    public void A_port_that_is_the_hosts_is_warned_of_with_the_containers()
    {
        var web = Named("a", 0, "dovetail.name=web", "dovetail.port=10084") with
        {
            ExposedTcpPorts = [80],
            PublishedTcpPorts = [new(80, "0.0.0.0", 10084)],
        };

        var state = Desired(web);

        Assert.Equal(80, Assert.Single(Assert.Single(state.Services).Upstreams).MeantPort);
        Assert.Equal(
            "10084 is the host's port, the container's is 80: set dovetail.port=80", Assert.Single(state.Warnings).Text);
        Assert.Empty(Desired(web with { ExposedTcpPorts = [80, 10084] }).Warnings);
    }

    [Fact]
    public void A_container_that_wants_the_name_of_the_dashboard_is_refused_alone()
    {
        var own = new ServiceSpec { Name = "home", IsOwn = true };
        var containers = SampleContainer.Snapshot(
            OwnLocation.OnHost,
            SampleContainer.Named("impostor", 0, "dovetail.name=home", "dovetail.port=80"),
            SampleContainer.Named("web", 1, "dovetail.name=web", "dovetail.port=80"),
            SampleContainer.Named("album", 2, "dovetail.name=album", "dovetail.port=80"));
        var options = new ServiceOptions { Own = own };

        var desired = DesiredState.From(containers, options);

        Assert.Equal(["album", "home", "web"], desired.Services.Select(service => service.Name));
        Assert.Same(own, desired.Services[1]);
        var refusal = Assert.Single(desired.Rejected);
        Assert.Equal(("impostor", "home"), (refusal.Container, refusal.Service));
        Assert.Contains("DOVETAIL_DASHBOARD", refusal.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(LabelCheck.Of(containers, options, "test", [], []).Services, service => service.Name == "home");
    }

    [Fact]
    public void Replicas_of_a_compose_service_serve_together_in_the_order_of_their_creation()
    {
        var state = Desired(Named("p-web-2", 2, ComposeWeb), Named("p-web-1", 1, ComposeWeb));

        Assert.Equal(["p-web-1", "p-web-2"], Assert.Single(state.Services).Upstreams.Select(upstream => upstream.ContainerName));
        Assert.Empty(state.Rejected);
        Assert.Empty(state.Warnings);
    }

    [Fact]
    public void Replicas_of_a_swarm_service_serve_together()
    {
        string[] labels = [.. Web, "com.docker.swarm.service.id=s1"];

        Assert.Equal(2, Assert.Single(Desired(Named("web.1.x", 1, labels), Named("web.2.y", 2, labels)).Services).Upstreams.Count);
    }

    [Fact]
    public void Of_two_strangers_with_one_name_the_first_created_serves_and_the_other_is_refused()
    {
        var state = Desired(Named("new", 2, Web), Named("old", 1, Web));

        Assert.Equal("old", Assert.Single(Assert.Single(state.Services).Upstreams).ContainerName);
        var rejected = Assert.Single(state.Rejected);
        Assert.Equal(("new", "web"), (rejected.Container, rejected.Service));
        Assert.Contains("belongs to container old, which was created first", rejected.Reason, StringComparison.Ordinal);
        Assert.Contains("dovetail.loadbalance=true", rejected.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_next_container_takes_over_when_the_first_goes()
    {
        var state = Desired(Named("new", 2, Web), Named("old", 1, Web) with { State = ContainerState.Exited });

        Assert.Equal("new", Assert.Single(Assert.Single(state.Services).Upstreams).ContainerName);
        Assert.Empty(state.Rejected);
    }

    [Fact]
    public void A_fraction_of_a_second_decides_who_was_first()
    {
        var old = Named("old", 1, Web);
        var state = Desired(old with { Name = "new", Id = "0", Created = old.Created.AddTicks(1) }, old);

        Assert.Equal("old", Assert.Single(Assert.Single(state.Services).Upstreams).ContainerName);
    }

    [Theory]
    [InlineData("p", "other")]
    [InlineData("other", "web")]
    public void Containers_of_two_compose_services_are_strangers(string project, string service)
    {
        string[] other = [.. Web, $"com.docker.compose.project={project}", $"com.docker.compose.service={service}"];

        Assert.Single(Desired(Named("a", 1, ComposeWeb), Named("b", 2, other)).Rejected);
    }

    [Fact]
    public void Strangers_share_a_name_only_when_each_says_so()
    {
        string[] willing = [.. Web, "dovetail.loadbalance=true"];

        Assert.Equal(2, Assert.Single(Desired(Named("a", 1, willing), Named("b", 2, willing)).Services).Upstreams.Count);
        Assert.Equal("b", Assert.Single(Desired(Named("a", 1, willing), Named("b", 2, Web)).Rejected).Container);
    }

    [Fact]
    public void A_container_of_compose_run_takes_no_requests_from_its_service()
    {
        var state = Desired(
            Named("p-web-run-1", 1, [.. ComposeWeb, "com.docker.compose.oneoff=True"]),
            Named("p-web-1", 2, [.. ComposeWeb, "com.docker.compose.oneoff=False"]));

        Assert.Equal("p-web-1", Assert.Single(Assert.Single(state.Services).Upstreams).ContainerName);
        Assert.Equal("p-web-run-1", Assert.Single(state.Rejected).Container);
    }

    [Fact]
    public void Where_replicas_disagree_the_first_created_rules_and_a_warning_says_so()
    {
        var state = Desired(
            Named("p-web-1", 1, [.. ComposeWeb, "dovetail.tls=off"]),
            Named("p-web-2", 2, [.. ComposeWeb, "dovetail.allow=a@example.com"]));

        var service = Assert.Single(state.Services);
        Assert.Equal((TlsMode.Off, 0, 2), (service.Tls, service.Allow.Count, service.Upstreams.Count));
        var warning = Assert.Single(state.Warnings);
        Assert.Equal(("p-web-2", "web"), (warning.Container, warning.Service));
        Assert.StartsWith("differs from container p-web-1 in tls, allow;", warning.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Replicas_may_listen_on_different_ports()
    {
        string[] moved =
        [
            "dovetail.name=web", "dovetail.port=8080", "dovetail.scheme=h2c",
            "com.docker.compose.project=p", "com.docker.compose.service=web",
        ];

        var state = Desired(Named("p-web-1", 1, ComposeWeb), Named("p-web-2", 2, moved));

        Assert.Equal(
            [(80, UpstreamScheme.Http), (8080, UpstreamScheme.H2c)],
            Assert.Single(state.Services).Upstreams.Select(upstream => (upstream.Port, upstream.Scheme)));
        Assert.Empty(state.Warnings);
    }

    [Fact]
    public void One_bad_container_is_refused_alone()
    {
        var state = Desired(Named("bad", 1, "dovetail.name=../x", "dovetail.port=80"), Named("good", 2, Web));

        Assert.Equal("web", Assert.Single(state.Services).Name);
        Assert.Equal(("bad", null), (Assert.Single(state.Rejected).Container, Assert.Single(state.Rejected).Service));
    }

    [Fact]
    public void A_refused_container_holds_no_name()
    {
        var state = Desired(Named("bad", 1, "dovetail.name=web", "dovetail.port=x"), Named("good", 2, Web));

        Assert.Equal("good", Assert.Single(Assert.Single(state.Services).Upstreams).ContainerName);
        Assert.Equal("bad", Assert.Single(state.Rejected).Container);
    }

    [Fact]
    public void A_raw_tcp_service_has_no_http()
    {
        var service = Assert.Single(Desired(Named("db", 1, "dovetail.name=db", "dovetail.tcp.5432=5433", "dovetail.tcp.22=22")).Services);

        Assert.False(service.Http);
        Assert.Equal([22, 5432], service.TcpPorts);
        var upstream = Assert.Single(service.Upstreams);
        Assert.Equal(("172.17.0.2", 22), (upstream.Host, upstream.Port));
        Assert.Equal([new TcpUpstream(22, "172.17.0.2", 22), new TcpUpstream(5432, "172.17.0.2", 5433)], upstream.Tcp);
    }

    [Fact]
    public void A_replica_without_http_cannot_serve_a_service_with_it()
    {
        var state = Desired(
            Named("a", 1, "dovetail.name=x", "dovetail.port=80", "dovetail.loadbalance=1"),
            Named("b", 2, "dovetail.name=x", "dovetail.tcp.22=22", "dovetail.loadbalance=1"));

        Assert.Equal("b", Assert.Single(state.Rejected).Container);
    }

    [Fact]
    public void A_container_that_cannot_be_reached_keeps_its_service()
    {
        var service = Assert.Single(Desired(Named("a", 1, Web) with { Networks = [] }).Services);

        Assert.Empty(service.Upstreams);
        Assert.Equal("a", Assert.Single(service.Unreachable).ContainerName);
    }

    [Fact]
    public void A_container_that_is_told_to_stop_stays_an_upstream_until_it_ends()
    {
        var container = With(Web) with { Health = ContainerHealth.Healthy, IsStopping = true };

        Assert.Equal(UpstreamHealth.Stopping, Assert.Single(Assert.Single(Desired(container).Services).Upstreams).Health);
    }

    [Theory]
    [InlineData(ContainerHealth.None, UpstreamHealth.None)]
    [InlineData(ContainerHealth.Starting, UpstreamHealth.Starting)]
    [InlineData(ContainerHealth.Healthy, UpstreamHealth.Healthy)]
    [InlineData(ContainerHealth.Unhealthy, UpstreamHealth.Unhealthy)]
    internal void An_upstream_is_as_healthy_as_its_container(ContainerHealth container, UpstreamHealth upstream)
    {
        var service = Assert.Single(Desired(Named("a", 1, Web) with { Health = container }).Services);

        Assert.Equal(upstream, Assert.Single(service.Upstreams).Health);
    }

    [Fact]
    public void Equal_containers_make_an_equal_state()
    {
        var first = Desired(Named("a", 1, ComposeWeb), Named("b", 2, "dovetail.name=../x"));
        var second = Desired(Named("b", 2, "dovetail.name=../x"), Named("a", 1, ComposeWeb));

        Assert.Equal(first, second);
        Assert.Equal(first.GetHashCode(), second.GetHashCode());
        Assert.NotEqual(first, Desired(Named("a", 1, ComposeWeb)));
    }
}
