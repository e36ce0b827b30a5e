using Dovetail.Containers;
using static Dovetail.Tests.Services.SampleContainer;

namespace Dovetail.Tests.Containers;

public sealed class EngineSnapshotsTests
{
    private static readonly OwnLocation InContainer = new()
    {
        Location = DovetailLocation.Container,
        ContainerName = "dovetail",
        Gateway = "172.17.0.1",
        IPv6Gateway = "fd00::1",
    };

    private static readonly OwnLocation Far = new() { Location = DovetailLocation.OtherMachine, Gateway = "nas", IPv6Gateway = "nas" };

    [Fact]
    public void Containers_of_all_Engines_are_one_listing_and_each_is_seen_from_its_own_Engine()
    {
        var (home, nas) = (Named("home", 0), Named("nas", 0) with { Engine = "nas" });

        var merged = Merge(Listed(null, InContainer, home), Listed("nas", Far, nas))!;

        Assert.Equal(["home", "nas/nas"], merged.Containers.Select(container => container.Title).Order());
        Assert.Equal((InContainer, Far), (merged.OwnOf(home), merged.OwnOf(nas)));
        Assert.Empty(merged.Unlisted);
    }

    [Fact]
    public void An_Engine_that_has_not_been_listed_is_named_and_holds_up_no_other()
    {
        var merged = Merge(Listed(null, OwnLocation.OnHost), new EngineSnapshot("nas", null))!;

        Assert.Equal(["the Docker Engine nas"], merged.Unlisted);
        Assert.Equal(["the Docker Engine of DOCKER_HOST"], Merge(new EngineSnapshot(null, null), Listed("nas", Far))!.Unlisted);
        Assert.Null(Merge(new EngineSnapshot(null, null), new EngineSnapshot("nas", null)));
    }

    [Fact]
    public void Beside_the_Engine_of_Dovetails_container_the_host_is_reached_as_that_one_sees_it()
    {
        var podman = Listed("podman", OwnLocation.OnHost with { IsRootless = true });

        var own = Assert.Single(Merge(Listed(null, InContainer), podman)!.Further).Own;

        Assert.Equal((DovetailLocation.BesideEngine, "172.17.0.1", "fd00::1"), (own.Location, own.Gateway, own.IPv6Gateway));
        Assert.False(own.IsInHostNetwork);
        // On the host, or in its network, 127.0.0.1 is the host.
        Assert.True(Assert.Single(Merge(Listed(null, OwnLocation.OnHost), podman)!.Further).Own.IsInHostNetwork);
    }

    [Fact]
    public void While_it_is_not_known_whether_Dovetail_is_in_a_container_nothing_goes_to_its_own_loopback_address()
    {
        EngineSnapshot[] engines = [new(null, null), Listed("podman", OwnLocation.OnHost), Listed("nas", Far)];

        var unknown = EngineSnapshots.Merge(engines, mayBeInContainer: true)!;
        var outside = EngineSnapshots.Merge(engines, mayBeInContainer: false)!;

        Assert.Equal((null, Far), (unknown.Further[0].Own.Gateway, unknown.Further[1].Own));
        Assert.Equal(OwnLocation.OnHost, outside.Further[0].Own);
    }

    [Fact]
    public void A_container_that_two_addresses_lead_to_is_one()
    {
        var web = Named("web", 0);

        var merged = Merge(Listed(null, OwnLocation.OnHost, web), Listed("again", OwnLocation.OnHost, web with { Engine = "again" }))!;

        Assert.Null(Assert.Single(merged.Containers).Engine);
    }

    [Fact]
    public void Names_are_looked_for_in_one_Engine_only()
    {
        var (home, nas) = (Named("vpn", 0), Named("vpn", 1) with { Id = "nas", Engine = "nas" });
        var merged = Merge(Listed(null, OwnLocation.OnHost, home), Listed("nas", Far, nas))!;

        Assert.Equal((home, nas, null), (merged.Find("vpn"), merged.Find("vpn", "nas"), merged.Find("vpn", "pi")));
        Assert.Null(merged.Find(home.Id, "nas"));
    }

    [Fact]
    public void A_selection_is_divided_among_the_Engines()
    {
        var selection = new ContainerSelection { Names = ["web", "nas/web", "nas/db"], ComposeServices = [new ComposeName(null, "app")] };

        Assert.Equal(["web"], selection.Of(null).Names);
        Assert.Equal(["web", "db"], selection.Of("nas").Names);
        Assert.Empty(selection.Of("nas").ComposeServices);
        Assert.True(selection.Of("pi").IsEmpty);
        Assert.Equal([null, "nas"], selection.Engines);
        Assert.True(selection.Covers(Named("db", 0) with { Engine = "nas" }));
        Assert.False(selection.Covers(Named("db", 0)));
        Assert.False(selection.Covers(Named("x", 0, "com.docker.compose.service=app") with { Engine = "nas" }));
    }

    private static EngineSnapshot Listed(string? engine, OwnLocation own, params Container[] containers) =>
        new(engine, Snapshot(own, containers));

    private static ContainerSnapshot? Merge(params EngineSnapshot[] engines) => EngineSnapshots.Merge(engines, mayBeInContainer: false);
}
