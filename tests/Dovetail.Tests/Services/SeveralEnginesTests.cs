using Dovetail.Containers;
using Dovetail.Services;
using Dovetail.Services.Files;
using Dovetail.Services.Model;
using static Dovetail.Tests.Services.SampleContainer;

namespace Dovetail.Tests.Services;

/// <summary>What containers of several Engines want together, and how each is reached.</summary>
public sealed class SeveralEnginesTests
{
    private static readonly string[] Web = ["dovetail.name=web", "dovetail.port=80"];
    private static readonly string[] ComposeWeb = [.. Web, "com.docker.compose.project=p", "com.docker.compose.service=web"];

    private static readonly OwnLocation InContainer = new()
    {
        Location = DovetailLocation.Container,
        ContainerName = "dovetail",
        NetworkContainerId = "id-of-dovetail",
        Networks = [On("bridge", "172.17.0.9")],
        Gateway = "172.17.0.1",
    };

    private static readonly OwnLocation Beside = OwnLocation.BesideEngine(InContainer);
    private static readonly OwnLocation Far =
        new() { Location = DovetailLocation.OtherMachine, Gateway = "nas.lan", IPv6Gateway = "nas.lan" };

    [Fact]
    public void Each_container_is_reached_as_its_own_Engine_says()
    {
        var home = Named("a", 0, "dovetail.name=home", "dovetail.port=80");
        var nas = Nas(Named("a", 0, "dovetail.name=far", "dovetail.port=80")) with { PublishedTcpPorts = [new(80, "0.0.0.0", 8080)] };

        var state = Desired(InContainer, Far, home, nas);

        Assert.Equal(
            ["far: nas/a at http://nas.lan:8080", "home: a at http://172.17.0.2:80"],
            state.Services.Select(service => $"{service.Name}: {service.Upstreams[0].ContainerName} at {service.Upstreams[0].Url}"));
    }

    [Theory]
    [InlineData("0.0.0.0", "172.17.0.1:8080")]
    [InlineData("", "172.17.0.1:8080")]
    [InlineData("192.168.1.5", "192.168.1.5:8080")]
    [InlineData("127.0.0.1", null)]
    [InlineData(null, null)]
    public void Beside_its_Engine_a_container_is_reached_by_its_published_port_and_by_nothing_else(string? hostIp, string? address)
    {
        // On a network of the same name and address as Dovetail's own, and with the label that names it.
        var podman = Nas(Named("a", 0, [.. Web, "dovetail.network=bridge"])) with
        {
            PublishedTcpPorts = hostIp is null ? [] : [new(80, hostIp, 8080)],
        };

        var service = Assert.Single(Desired(InContainer, Beside, podman).Services);

        Assert.Equal(address, service.Upstreams.Select(upstream => $"{upstream.Host}:{upstream.Port}").FirstOrDefault());
        if (address is null)
        {
            var reason = Assert.Single(service.Unreachable).Reason;
            Assert.Contains("container nas/a is on bridge", reason, StringComparison.Ordinal);
            Assert.Contains("publish port 80 on all addresses of the host, or on 172.17.0.1", reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Beside_its_Engine_a_container_in_the_hosts_network_is_reached_by_the_host()
    {
        var service = Assert.Single(Desired(InContainer, Beside, Nas(Named("a", 0, Web)) with { NetworkMode = "host" }).Services);

        Assert.Equal("http://172.17.0.1:80", Assert.Single(service.Upstreams).Url);
    }

    [Fact]
    public void Until_the_Engine_of_Dovetails_container_is_listed_no_way_to_the_host_is_known()
    {
        var podman = Nas(Named("a", 0, Web)) with { PublishedTcpPorts = [new(80, "0.0.0.0", 8080)] };

        var service = Assert.Single(Desired(InContainer, OwnLocation.BesideEngine(null), podman).Services);

        Assert.Empty(service.Upstreams);
        Assert.Contains("see that its own Engine (DOCKER_HOST) runs", Assert.Single(service.Unreachable).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_is_bound_to_the_loopback_address_of_another_machine_is_out_of_reach()
    {
        var nas = Nas(Named("a", 0, Web)) with { PublishedTcpPorts = [new(80, "127.0.0.1", 8080)] };

        var reason = Assert.Single(Assert.Single(Desired(OwnLocation.OnHost, Far, nas).Services).Unreachable).Reason;

        Assert.Contains("published on 127.0.0.1 only", reason, StringComparison.Ordinal);
        Assert.Contains("publish port 80 on an address that Dovetail reaches", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_container_created_first_has_the_name_on_whichever_Engine()
    {
        var state = Desired(OwnLocation.OnHost, Far, Named("late", 9, Web), Published(Nas(Named("early", 1, Web))));

        Assert.Equal("nas/early", Assert.Single(Assert.Single(state.Services).Upstreams).ContainerName);
        var refusal = Assert.Single(state.Rejected);
        Assert.Equal("late", refusal.Container);
        Assert.Contains("belongs to container nas/early, which was created first", refusal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_services_of_the_same_name_are_no_replicas_of_each_other()
    {
        var nas = Published(Nas(Named("p-web-1", 1, ComposeWeb)));

        var state = Desired(OwnLocation.OnHost, Far, Named("p-web-1", 0, ComposeWeb), nas);

        Assert.Equal("p-web-1", Assert.Single(Assert.Single(state.Services).Upstreams).ContainerName);
        Assert.Equal("nas/p-web-1", Assert.Single(state.Rejected).Container);
    }

    [Fact]
    public void Both_may_say_that_they_share_the_requests()
    {
        string[] shared = [.. Web, "dovetail.loadbalance=true"];

        var state = Desired(OwnLocation.OnHost, Far, Named("a", 0, shared), Published(Nas(Named("a", 1, shared))));

        Assert.Equal(["a", "nas/a"], Assert.Single(state.Services).Upstreams.Select(upstream => upstream.ContainerName));
        Assert.Empty(state.Rejected);
    }

    [Fact]
    public void The_network_of_another_container_is_that_of_one_on_the_same_Engine()
    {
        var qb = Nas(Named("qb", 0, Web)) with { NetworkMode = "container:vpn" };

        var alone = Desired(OwnLocation.OnHost, Far, qb, Named("vpn", 0));
        var joined = Desired(OwnLocation.OnHost, Far, qb, Named("vpn", 0), Published(Nas(Named("vpn", 1))));

        Assert.Contains("was removed", Assert.Single(Assert.Single(alone.Services).Unreachable).Reason, StringComparison.Ordinal);
        Assert.Contains("through container nas/vpn", Assert.Single(Assert.Single(joined.Services).Upstreams).Route, StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_of_another_Engine_that_is_called_as_Dovetails_own_is_another_one()
    {
        string[] sleepy = [.. Web, "dovetail.sleep=30m"];

        Assert.NotNull(Assert.Single(Desired(InContainer, Far, Published(Nas(Named("dovetail", 0, sleepy)))).Services).Sleep);
        Assert.Null(Assert.Single(Desired(InContainer, Far, Named("dovetail", 0, sleepy)).Services).Sleep);
    }

    [Fact]
    public void A_services_file_names_containers_with_their_Engine()
    {
        var file = File("{web: {container: nas/a, port: 80}}", new EngineNames(true, ["nas"]));
        Container[] containers = [Named("a", 0), Published(Nas(Named("a", 1)))];

        Assert.Empty(Assert.Single(file.Services).Errors);
        var service = Assert.Single(DesiredState.From(Merged(OwnLocation.OnHost, Far, containers), new ServiceOptions(), file).Services);
        Assert.Equal("nas/a", Assert.Single(service.Upstreams).ContainerName);
    }

    [Theory]
    [InlineData("container: pi/a", "that of one of another Engine as ENGINE/NAME (nas)")]
    [InlineData("container: nas/a/b", "that of one of another Engine as ENGINE/NAME (nas)")]
    [InlineData("container: a", "with DOCKER_HOST=none a container is named with its Engine, as nas/a")]
    [InlineData("compose: a", "with DOCKER_HOST=none there are no Compose services")]
    public void What_no_Engine_can_have_is_refused(string entry, string expected) => Assert.Contains(
        expected,
        Assert.Single(Assert.Single(File($"{{web: {{{entry}, port: 80}}}}", new EngineNames(false, ["nas"])).Services).Errors),
        StringComparison.Ordinal);

    [Fact]
    public void With_one_Engine_a_name_has_none_before_it() => Assert.Contains(
        "allowed is the name of a container, or a list of them",
        Assert.Single(Assert.Single(File("{web: {container: nas/a, port: 80}}", null).Services).Errors),
        StringComparison.Ordinal);

    [Fact]
    public void A_container_of_an_Engine_that_has_not_been_listed_is_not_missed_yet()
    {
        var file = File("{web: {container: nas/a, port: 80}, api: {container: b, port: 80}}", new EngineNames(true, ["nas"]));
        var snapshot = Merged(OwnLocation.OnHost, Far) with { Unlisted = ["the Docker Engine nas"] };

        var warning = Assert.Single(DesiredState.From(snapshot, new ServiceOptions(), file).Warnings);

        Assert.Equal("api", warning.Service);
    }

    private static Container Nas(Container container) => container with { Id = "nas-" + container.Id, Engine = "nas" };

    private static Container Published(Container container) => container with { PublishedTcpPorts = [new(80, "0.0.0.0", 8080)] };

    private static ServicesFile File(string services, EngineNames? engines) =>
        ServicesFileReader.Read($"services: {services}", new ServicesFile("/etc/services.yaml"), "dovetail", engines);

    private static ContainerSnapshot Merged(OwnLocation own, OwnLocation further, params Container[] containers) =>
        Snapshot(own, containers) with { Further = [new EngineLocation("nas", further)] };

    private static DesiredState Desired(OwnLocation own, OwnLocation further, params Container[] containers) =>
        DesiredState.From(Merged(own, further, containers), new ServiceOptions { AllowStart = true });
}
