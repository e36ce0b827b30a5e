using Dovetail.Containers;
using Dovetail.Services;
using static Dovetail.Tests.Services.SampleContainer;

namespace Dovetail.Tests.Services;

public sealed class UpstreamResolverTests
{
    private static readonly OwnLocation OnHost = OwnLocation.OnHost;
    private static readonly OwnLocation InHostMode =
        OwnLocation.OnHost with { Location = DovetailLocation.HostNetworkContainer, ContainerName = "dovetail" };

    private static readonly OwnLocation InContainer = new()
    {
        Location = DovetailLocation.Container,
        ContainerName = "dovetail",
        NetworkContainerId = "id-of-dovetail",
        Networks = [On("bridge", "172.17.0.9"), On("proxy", "172.20.0.9"), On("zoo", "172.30.0.9")],
        Gateway = "172.17.0.1",
    };

    private static readonly OwnLocation Elsewhere =
        new() { Location = DovetailLocation.OtherMachine, Gateway = "docker.example", IPv6Gateway = "docker.example" };

    [Fact]
    public void Rule_1_the_named_network_comes_first()
    {
        var web = With() with
        {
            Networks = [On("proxy", "172.20.0.2"), On("zoo", "172.30.0.2")],
            PublishedTcpPorts = [new(80, "0.0.0.0", 8080)],
        };

        AssertRoute("172.30.0.2", 80, "network zoo, named by the label", Resolve(web, InContainer, "zoo"));
        AssertRoute("172.30.0.2", 80, "network zoo, named by the label", Resolve(web, OnHost, "zoo"));
    }

    [Fact]
    public void Rule_1_takes_the_name_that_a_compose_file_knows()
    {
        var web = With("com.docker.compose.project=p") with { Networks = [On("p_back", "172.20.0.2")] };

        AssertRoute("172.20.0.2", 80, "network p_back", Resolve(web, OnHost, "back"));
    }

    [Fact]
    public void Rule_1_says_when_the_container_is_not_on_the_named_network()
    {
        var route = Resolve(With() with { Networks = [On("a", "172.20.0.2"), On("b", "172.21.0.2")] }, InContainer, "proxy");

        Assert.Null(route.Host);
        Assert.Equal(
            "the network label names proxy, but container web is on a, b: attach it to proxy, or name another network", route.Text);
    }

    [Fact]
    public void Rule_1_says_when_Dovetail_is_not_on_the_named_network()
    {
        var route = Resolve(With() with { Networks = [On("far", "172.40.0.2")] }, InContainer, "far");

        AssertRoute("172.40.0.2", 80, "Dovetail is not on it (it is on bridge, proxy, zoo)", route);
    }

    [Fact]
    public void Rule_2_a_shared_network_user_defined_before_bridge_then_by_name()
    {
        var everywhere = With() with
        {
            Networks = [On("bridge", "172.17.0.2"), On("zoo", "172.30.0.2"), On("proxy", "172.20.0.2"), On("alone", "172.50.0.2")],
        };

        AssertRoute("172.20.0.2", 80, "network proxy, shared with Dovetail", Resolve(everywhere, InContainer));
        AssertRoute("172.17.0.2", 80, "network bridge, shared with Dovetail", Resolve(With(), InContainer));
    }

    [Fact]
    public void Rule_2_needs_the_same_network_and_not_just_the_same_name()
    {
        var web = With() with { Networks = [On("proxy", "172.20.0.2") with { Id = "another" }] };

        Assert.Null(Resolve(web, InContainer).Host);
    }

    [Theory]
    [InlineData("172.20.0.2", "fd00::2", "172.20.0.2")]
    [InlineData(null, "fd00::2", "fd00::2")]
    public void Rule_2_works_on_dual_stack_and_on_IPv6_alone(string? ipv4, string? ipv6, string host) =>
        AssertRoute(host, 80, "network proxy", Resolve(With() with { Networks = [On("proxy", ipv4, ipv6)] }, InContainer));

    [Fact]
    public void Rule_2_skips_a_network_without_an_address()
    {
        var web = With() with { Networks = [On("proxy", null), On("zoo", "172.30.0.2")] };

        AssertRoute("172.30.0.2", 80, "network zoo", Resolve(web, InContainer));
    }

    [Fact]
    public void Rule_2_goes_before_a_published_port() =>
        AssertRoute("172.17.0.2", 80, "shared", Resolve(With() with { PublishedTcpPorts = [new(80, "0.0.0.0", 8080)] }, InContainer));

    [Fact]
    public void Rule_3_the_network_of_another_container_by_the_same_rules()
    {
        var vpn = Named("vpn", 0) with { Networks = [On("proxy", "172.20.0.7")], PublishedTcpPorts = [new(80, "0.0.0.0", 8080)] };
        var vpnOnHost = vpn with { NetworkMode = "host", Networks = [On("host", null)] };
        var web = With() with { Networks = [], NetworkMode = $"container:{vpn.Id}" };

        AssertRoute("172.20.0.7", 80, "through container vpn: network proxy, shared with Dovetail", Resolve(web, InContainer, null, vpn));
        AssertRoute("172.20.0.7", 80, "through container vpn: network proxy, named", Resolve(web, InContainer, "proxy", vpn));
        AssertRoute("127.0.0.1", 8080, "through container vpn: port 8080, published", Resolve(web, OnHost, null, vpn));
        AssertRoute("172.20.0.7", 80, "through container vpn", Resolve(web with { NetworkMode = "container:vpn" }, InContainer, null, vpn));
        AssertRoute("127.0.0.1", 80, "through container vpn: host network", Resolve(web, InHostMode, null, vpnOnHost));
    }

    [Fact]
    public void Rule_3_says_when_the_other_container_does_not_run()
    {
        var vpn = Named("vpn", 0) with { State = ContainerState.Exited };
        var qb = Named("qb", 0) with { Networks = [], NetworkMode = $"container:{vpn.Id}" };

        var route = UpstreamResolver.Resolve(qb, 80, null, Snapshot(InContainer, qb) with { Ended = [vpn] });

        Assert.Null(route.Host);
        Assert.Equal("it uses the network of container vpn, which does not run", route.Text);
        Assert.Equal("Start that one, then restart this one: docker start vpn && docker restart qb.", route.Fix);
    }

    [Theory]
    [InlineData("qb", "docker compose up -d --force-recreate qb.")]
    [InlineData("q b; rm -rf /", "docker rm -f web, then docker run with the network of the container that is there now.")]
    public void Rule_3_says_when_the_other_container_was_removed(string composeService, string fix)
    {
        var web = With($"com.docker.compose.service={composeService}") with { Networks = [], NetworkMode = $"container:{new string('a', 64)}" };

        var route = Resolve(web, InContainer);

        Assert.Null(route.Host);
        Assert.Equal(("the container whose network it uses was removed", $"Create it anew: {fix}"), (route.Text, route.Fix));
    }

    [Fact]
    public void Rule_3_says_when_the_other_container_was_started_again_after_this_one()
    {
        var start = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
        var vpn = Named("vpn", 0) with { Networks = [On("proxy", "172.20.0.7")], StartedAt = start.AddSeconds(10) };
        var qb = Named("qb", 0) with { Networks = [], NetworkMode = $"container:{vpn.Id}", StartedAt = start };

        var route = Resolve(qb, InContainer, null, vpn);

        Assert.Null(route.Host);
        Assert.Equal("it is left in the former network of container vpn, which was started again after it", route.Text);
        Assert.Equal("Restart it as well: docker restart qb.", route.Fix);
        Assert.NotNull(Resolve(qb with { StartedAt = start.AddSeconds(11) }, InContainer, null, vpn).Host);
        Assert.NotNull(Resolve(qb with { StartedAt = default }, InContainer, null, vpn).Host);
        Assert.NotNull(Resolve(qb, InContainer, null, vpn with { StartedAt = default }).Host);
    }

    [Fact]
    public void A_way_through_the_host_is_marked()
    {
        var web = With() with { NetworkMode = "host", Networks = [On("host", null)] };
        var published = With() with { Networks = [On("far", "172.40.0.2")], PublishedTcpPorts = [new(80, "0.0.0.0", 8080)] };

        Assert.True(Resolve(web, InContainer).IsByHost);
        Assert.True(Resolve(published, InContainer).IsByHost);
        Assert.False(Resolve(With(), InContainer).IsByHost);
    }

    [Fact]
    public void Rule_3_ends_where_containers_name_each_other()
    {
        var a = Named("a", 0) with { NetworkMode = "container:b" };
        var b = Named("b", 0) with { NetworkMode = "container:a" };

        Assert.Null(Resolve(a, InContainer, null, b).Host);
    }

    [Fact]
    public void A_container_in_Dovetails_own_network_namespace_is_at_loopback()
    {
        var own = Named("dovetail", 0) with { Id = "id-of-dovetail", Networks = InContainer.Networks };

        var web = With() with { Networks = [], NetworkMode = "container:id-of-dovetail" };

        AssertRoute("127.0.0.1", 80, "the network namespace that Dovetail runs in", Resolve(web, InContainer, null, own));
    }

    [Fact]
    public void Rule_4_host_mode()
    {
        var web = With() with { NetworkMode = "host", Networks = [On("host", null)] };

        AssertRoute("127.0.0.1", 80, "host network", Resolve(web, OnHost));
        AssertRoute("127.0.0.1", 80, "host network", Resolve(web, InHostMode));
        AssertRoute("127.0.0.1", 80, "host network", Resolve(web, OnHost, "host"));
        AssertRoute("172.17.0.1", 80, "host network, by way of the host's address 172.17.0.1", Resolve(web, InContainer));
        AssertRoute("docker.example", 80, "host network", Resolve(web, Elsewhere));
    }

    [Fact]
    public void Rule_4_says_when_Dovetail_has_no_way_to_the_host()
    {
        var route = Resolve(With() with { NetworkMode = "host", Networks = [On("host", null)] }, InContainer with { Gateway = null });

        Assert.Null(route.Host);
        Assert.Contains("docker network connect bridge dovetail", route.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0", "127.0.0.1", "172.17.0.1", "docker.example")]
    [InlineData("", "127.0.0.1", "172.17.0.1", "docker.example")]
    [InlineData("::", "::1", null, "docker.example")]
    [InlineData("127.0.0.1", "127.0.0.1", null, null)]
    [InlineData("::1", "::1", null, null)]
    [InlineData("192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.7")]
    public void Rule_5_a_published_port_is_reached_where_it_is_bound(
        string hostIp, string fromHost, string? fromContainer, string? fromElsewhere)
    {
        var web = With() with
        {
            Networks = [On("alone", "172.50.0.2")],
            PublishedTcpPorts = [new(443, "0.0.0.0", 8443), new(80, hostIp, 8080)],
        };

        AssertRoute(fromHost, 8080, "port 8080, published on the host", Resolve(web, OnHost));
        Assert.Equal(fromContainer, Resolve(web, InContainer).Host);
        Assert.Equal(fromElsewhere, Resolve(web, Elsewhere).Host);
    }

    [Fact]
    public void Rule_5_prefers_what_is_reached_from_everywhere()
    {
        var web = With() with { PublishedTcpPorts = [new(80, "127.0.0.1", 8080), new(80, "0.0.0.0", 8081), new(80, "::", 8081)] };

        AssertRoute("127.0.0.1", 8081, "port 8081", Resolve(web, OnHost));
    }

    [Fact]
    public void Rule_6_from_the_host_straight_to_the_container()
    {
        AssertRoute("172.17.0.2", 80, "network bridge, from the host", Resolve(With(), OnHost));
        var onTwo = With() with { Networks = [On("bridge", "172.17.0.2"), On("a", "172.20.0.2")] };
        AssertRoute("172.20.0.2", 80, "network a, from the host", Resolve(onTwo, InHostMode));
        Assert.Null(Resolve(With(), Elsewhere).Host);
    }

    // This kernel makes neither: as Docker 20.10 names their drivers.
    [Theory]
    [InlineData("macvlan")]
    [InlineData("ipvlan")]
    public void Rule_6_prefers_a_bridge_to_a_network_on_a_card_and_says_how_to_attach_one(string driver)
    {
        var lan = On("a-lan", "192.168.1.20") with { Driver = driver };
        var both = With() with { Networks = [lan, On("bridge", "172.17.0.2") with { Driver = "bridge" }] };
        AssertRoute("172.17.0.2", 80, "network bridge, from the host", Resolve(both, OnHost));

        var route = Resolve(With() with { Networks = [lan] }, OnHost);

        Assert.Null(route.Host);
        Assert.Contains($"is on a-lan ({driver}), and the kernel lets the host reach no container", route.Text, StringComparison.Ordinal);
        Assert.Contains("(docker network connect bridge web)", route.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule_6_reaches_no_container_of_a_rootless_Engine_but_by_a_published_port()
    {
        var rootless = OnHost with { IsRootless = true };
        var published = With() with { PublishedTcpPorts = [new(80, "", 8080)] };
        AssertRoute("127.0.0.1", 8080, "port 8080, published on the host", Resolve(published, rootless));
        AssertRoute("127.0.0.1", 80, "host network", Resolve(With() with { NetworkMode = "host", Networks = [] }, rootless));

        Assert.All([Resolve(With(), rootless), Resolve(With(), rootless, "bridge")], route =>
        {
            Assert.Null(route.Host);
            Assert.Contains("of a rootless Engine is reached from the host: publish port 80", route.Text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Rule_6_never_takes_an_overlay_from_the_host()
    {
        var overlay = On("ov", "10.0.1.7") with { Driver = "overlay" };
        var both = With() with { Networks = [overlay, On("z", "172.30.0.2") with { Driver = "bridge" }] };
        AssertRoute("172.30.0.2", 80, "network z, from the host", Resolve(both, OnHost));

        var route = Resolve(With() with { Networks = [overlay] }, InHostMode);

        Assert.Null(route.Host);
        Assert.Contains("(overlay), which the host is not on: run Dovetail in a container on ov", route.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule_1_refuses_an_overlay_from_the_host_and_warns_of_a_network_on_a_card()
    {
        var overlay = With() with { Networks = [On("ov", "10.0.1.7") with { Driver = "overlay" }] };
        var lan = With() with { Networks = [On("lan", "192.168.1.20") with { Driver = "macvlan" }] };

        Assert.Null(Resolve(overlay, OnHost, "ov").Host);
        Assert.Contains("run Dovetail in a container on ov", Resolve(overlay, OnHost, "ov").Text, StringComparison.Ordinal);
        AssertRoute("192.168.1.20", 80, "unless it has an interface there", Resolve(lan, OnHost, "lan"));
    }

    [Fact]
    public void Rule_2_takes_ingress_last_and_a_network_on_a_card_after_bridges()
    {
        var ours = InContainer with
        {
            Networks = [On("a-lan", "192.168.1.9"), On("bridge", "172.17.0.9"), On("ingress", "10.0.0.9"), On("zoo", "172.30.0.9")],
        };
        var ingress = On("ingress", "10.0.0.2") with { Driver = "overlay", IsIngress = true };
        var lan = On("a-lan", "192.168.1.2") with { Driver = "macvlan" };

        AssertRoute("172.30.0.2", 80, "zoo", Resolve(With() with { Networks = [lan, ingress, On("zoo", "172.30.0.2")] }, ours));
        AssertRoute("172.17.0.2", 80, "bridge", Resolve(With() with { Networks = [lan, On("bridge", "172.17.0.2"), ingress] }, ours));
        AssertRoute("192.168.1.2", 80, "a-lan", Resolve(With() with { Networks = [lan, ingress] }, ours));
        AssertRoute("10.0.0.2", 80, "ingress", Resolve(With() with { Networks = [ingress] }, ours));
    }

    [Fact]
    public void A_dual_stack_container_keeps_its_IPv6_address_for_when_the_other_refuses()
    {
        var dual = With() with { Networks = [On("proxy", "172.20.0.2", "fd00::2")] };

        Assert.Equal("fd00::2", Resolve(dual, InContainer).SecondHost);
        Assert.Equal("fd00::2", Resolve(dual, OnHost).SecondHost);
        Assert.Equal("fd00::2", Resolve(dual, OnHost, "proxy").SecondHost);
        Assert.Null(Resolve(With() with { Networks = [On("proxy", null, "fd00::2")] }, OnHost).SecondHost);
        Assert.Null(Resolve(With(), OnHost).SecondHost);
    }

    // What an application with trusted proxies has to be told.
    [Fact]
    public void The_address_that_the_container_sees_is_Dovetails_on_their_network_or_that_of_the_hosts_bridge()
    {
        var web = With() with { Networks = [On("proxy", "172.20.0.2") with { Gateway = "172.20.0.1" }] };
        Assert.Equal("172.20.0.9", Resolve(web, InContainer).Source);
        Assert.Equal("172.20.0.9", Resolve(web, InContainer, "proxy").Source);
        Assert.Equal("172.20.0.1", Resolve(web, OnHost).Source);
        Assert.Equal("172.20.0.1", Resolve(web, InHostMode, "proxy").Source);

        var six = On("proxy", null, "fd00::2") with { IPv6Gateway = "fd00::1" };
        var dual = InContainer with { Networks = [On("proxy", "172.20.0.9", "fd00::9")] };
        Assert.Equal("fd00::9", Resolve(With() with { Networks = [six] }, dual).Source);
        Assert.Equal("fd00::1", Resolve(With() with { Networks = [six] }, OnHost).Source);
    }

    [Fact]
    public void A_container_in_the_hosts_network_sees_Dovetails_address_on_the_bridge_that_leads_there()
    {
        var web = With() with { NetworkMode = "host", Networks = [On("host", null)] };
        var own = InContainer with
        {
            Networks =
            [
                On("bridge", "172.17.0.9") with { Gateway = "172.17.0.1" }, On("proxy", "172.20.0.9") with { Gateway = "172.20.0.1" },
            ],
        };

        Assert.Equal("172.17.0.9", Resolve(web, own).Source);
        Assert.Equal("127.0.0.1", Resolve(web, InHostMode).Source);
    }

    [Fact]
    public void Where_the_way_is_translated_the_address_is_known_of_the_hosts_loopback_only()
    {
        var web = With() with
        {
            Networks = [On("alone", "172.50.0.2") with { Gateway = "172.50.0.1" }],
            PublishedTcpPorts = [new(80, "0.0.0.0", 8080)],
        };

        Assert.Equal("172.50.0.1", Resolve(web, OnHost).Source);
        Assert.Null(Resolve(web with { PublishedTcpPorts = [new(80, "192.0.2.7", 8080)] }, OnHost).Source);
        Assert.Null(Resolve(web, OnHost with { IsRootless = true }).Source);
        Assert.Null(Resolve(web, InContainer).Source);
        Assert.Null(Resolve(web, Elsewhere).Source);
    }

    [Fact]
    public void Rule_7_says_who_is_where_and_what_to_add()
    {
        var web = With() with { Networks = [On("back", "172.50.0.2")], PublishedTcpPorts = [new(80, "127.0.0.1", 8080)] };
        var route = Resolve(web, InContainer);

        Assert.Null(route.Host);
        Assert.Equal(
            "no way to port 80: Dovetail (container dovetail) is on bridge, proxy, zoo, container web is on back; "
            + "its port 80 is published on 127.0.0.1 only, which Dovetail does not reach: "
            + "put both on one network (docker network connect back dovetail), or publish port 80",
            route.Text);
    }

    [Fact]
    public void Rule_7_tells_a_container_without_a_network_what_to_do()
    {
        var route = Resolve(With() with { NetworkMode = "none", Networks = [On("none", null)] }, OnHost);

        Assert.Contains("is on none: attach container web to a network", route.Text, StringComparison.Ordinal);
    }

    private static UpstreamRoute Resolve(Container container, OwnLocation host, string? network = null, params Container[] others) =>
        UpstreamResolver.Resolve(container, 80, network, Snapshot(host, [container, .. others]));

    private static void AssertRoute(string host, int port, string text, UpstreamRoute route)
    {
        Assert.Equal((host, port), (route.Host, route.Port));
        Assert.Contains(text, route.Text, StringComparison.Ordinal);
    }
}
