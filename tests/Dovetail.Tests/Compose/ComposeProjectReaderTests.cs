using Dovetail.Compose;
using Dovetail.Containers;

namespace Dovetail.Tests.Compose;

public sealed class ComposeProjectReaderTests
{
    private const string Shop = """
        x-labels: &labels
          dovetail.tags: tag:web
        services:
          dovetail:
            image: ghcr.io/example/dovetail:1
            environment:
              DOVETAIL_HOLD: 5s
              TS_AUTHKEY: ${TS_AUTHKEY:-}
            networks: [front]
          web:
            image: shop:${TAG}
            labels:
              <<: *labels
              dovetail.name: ${NAME:-shop}
              dovetail.port: 80
              dovetail.enable: true
              price: $$5
            networks: [front, back]
          db:
            container_name: database
            labels: ["dovetail.name=db", dovetail.tcp.5432=5432]
            network_mode: service:web
            expose: ["5432", "53/udp"]
            ports: ["127.0.0.1:8000-8001:80-81", "[::1]:9090:90/tcp", "70:70/udp", "443"]
          tools:
            profiles: [debug]
        networks:
          back:
            external: true
          front:
            name: edge
        """;

    [Fact]
    public void Containers_are_as_compose_would_make_them()
    {
        var project = Read(Shop);

        var web = Find(project, "my-shop-web-1");
        Assert.Equal("shop", web.Label("dovetail.name"));
        Assert.Equal("80", web.Label("dovetail.port"));
        Assert.Equal("true", web.Label("dovetail.enable"));
        Assert.Equal("tag:web", web.Label("dovetail.tags"));
        Assert.Equal("$5", web.Label("price"));
        Assert.Equal("my-shop", web.Label(WellKnownLabels.ComposeProject));
        Assert.Equal(["back", "edge"], web.Networks.Select(network => network.Name));
        Assert.All(web.Networks, network => Assert.Equal("web", network.Address));

        var db = Find(project, "database");
        Assert.Equal("5432", db.Label("dovetail.tcp.5432"));
        Assert.Equal("my-shop-web-1", db.NetworkContainer);
        Assert.Equal([80, 81, 90, 443, 5432], db.ExposedTcpPorts);
        Assert.Equal(
            [new PublishedPort(80, "127.0.0.1", 8000), new PublishedPort(81, "127.0.0.1", 8001), new PublishedPort(90, "::1", 9090)],
            db.PublishedTcpPorts);
        Assert.True(web.Created < db.Created);
    }

    [Fact]
    public void Dovetail_itself_is_found_with_its_networks_and_its_environment()
    {
        var project = Read(Shop);

        Assert.Equal(DovetailLocation.Container, project.Snapshot.Own.Location);
        Assert.Equal("my-shop-dovetail-1", project.Snapshot.Own.ContainerName);
        Assert.Equal(["edge"], project.Snapshot.Own.Networks.Select(network => network.Name));
        Assert.Equal("5s", project.Environment["DOVETAIL_HOLD"]);
        Assert.DoesNotContain(project.Snapshot.Containers, container => container.Name == "my-shop-dovetail-1");
    }

    [Fact]
    public void Labels_of_a_swarms_service_count_after_those_of_its_containers_and_are_noted()
    {
        var project = Read(
            """
            services:
              dovetail: {image: dovetail}
              web:
                labels: {dovetail.port: 8080}
                deploy: {labels: [dovetail.name=web, dovetail.port=80]}
            """);

        var web = Find(project, "my-shop-web-1");
        Assert.Equal(("web", "8080"), (web.Label("dovetail.name"), web.Label("dovetail.port")));
        Assert.Equal(
            ["web: its labels under deploy hold in a swarm (docker stack deploy), not with docker compose"], project.Notes);
    }

    [Fact]
    public void What_is_not_known_is_said()
    {
        var project = Read("services: {web: {labels: {dovetail.name: \"${NAME}\"}}, tools: {profiles: [debug]}}");

        Assert.Equal(
            [
                "tools is left out: it belongs to a profile that COMPOSE_PROFILES does not name",
                "Dovetail is not in the file: it is taken to be on every network that the file names",
                "not set, taken as empty: NAME",
            ],
            project.Notes);
        Assert.Equal(["my-shop_default"], project.Snapshot.Own.Networks.Select(network => network.Name));
        Assert.Empty(Read(Shop, ("TAG", "1"), ("COMPOSE_PROFILES", "debug")).Notes);
    }

    [Theory]
    [InlineData("services: {dovetail: {network_mode: host}, web: {}}", "HostNetworkContainer")]
    [InlineData("services: {dovetail: {network_mode: 'service:web'}, web: {}}", "Container")]
    public void Dovetail_may_use_another_network(string text, string location)
    {
        var own = Read(text).Snapshot.Own;

        Assert.Equal(location, own.Location.ToString());
        Assert.Equal(location == "Container", own.Networks.Any(network => network.Name == "my-shop_default"));
    }

    [Theory]
    [InlineData("name: Other\nservices: {web: {}}", "other-web-1")]
    [InlineData("services: {web: {networks: {default: {ipv4_address: 10.1.2.3}}}}", "my-shop-web-1")]
    public void A_project_may_have_a_name_and_a_container_an_address(string text, string container)
    {
        var web = Find(Read(text), container);
        Assert.Equal(text.Contains("10.1", StringComparison.Ordinal) ? "10.1.2.3" : "web", Assert.Single(web.Networks).Address);
    }

    [Theory]
    [InlineData("services: {web: {label_file: labels}}", "compose.yaml, line 1: label_file (service web)")]
    [InlineData("services: [web]", "it has no services")]
    [InlineData("- a", "no Compose file")]
    [InlineData("", "no Compose file")]
    [InlineData("services: {web: {labels: {a: b, a: c}}}", "line 1")]
    [InlineData("services:\n  web: [", "this is no YAML")]
    [InlineData("services: {web: {labels: {dovetail.name: '${'}}}", "write ${NAME}")]
    public void What_cannot_be_read_is_an_error_that_says_so(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<ComposeException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_merges_itself_ends() =>
        Assert.NotEmpty(Read("services: {web: {labels: &a {dovetail.name: x, <<: *a}}}").Snapshot.Containers);

    [Fact]
    public void A_service_that_is_named_as_dovetail_has_to_be_there()
    {
        Assert.Equal("my-shop-web-1", Read("services: {web: {}}", own: "web").Snapshot.Own.ContainerName);
        Assert.Throws<ComposeException>(() => Read("services: {web: {}}", own: "proxy"));
    }

    private static Container Find(ComposeProject project, string name) =>
        Assert.Single(project.Snapshot.Containers, container => container.Name == name);

    private static ComposeProject Read(string text, params (string Name, string Value)[] variables) => Read(text, null, variables);

    private static ComposeProject Read(string text, string? own, params (string Name, string Value)[] variables)
    {
        string? Find(string name) => variables.FirstOrDefault(variable => variable.Name == name).Value;
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        var model = new ComposeLoader(_ => text, missing).Load(["compose.yaml"], new ComposeDirectory("", Find));
        return new ComposeProjectReader(model, missing, "My-Shop.", Find).Read(own);
    }
}
