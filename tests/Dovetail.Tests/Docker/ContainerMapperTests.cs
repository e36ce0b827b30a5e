using System.Text.Json;
using Dovetail.Containers;
using Dovetail.Docker;
using Dovetail.Docker.Api;

namespace Dovetail.Tests.Docker;

public sealed class ContainerMapperTests
{
    // Shortened answers of Docker 20.10.24 about one container.
    private const string Details = """
        {"Id":"2ed01aaa586c8b8f","Created":"2026-11-22T14:10:06.226111121Z","State":{"Status":"running","Running":true,"Health":{"Status":"starting","Log":[]}},"Name":"/web",
         "HostConfig":{"NetworkMode":"default"},"Config":{"Hostname":"2ed01aaa586c","ExposedPorts":{"80/tcp":{},"90/tcp":{},"53/udp":{}},"Labels":{"b":"2","a":"1"}},
         "NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"18080"}],"90/tcp":null},"Networks":{"bridge":{"NetworkID":"a2f4","Gateway":"172.17.0.1","IPAddress":"172.17.0.2",
         "IPv6Gateway":"","GlobalIPv6Address":""}}}}
        """;

    private const string ListEntry = """
        {"Id":"2ed01aaa586c8b8f","Names":["/other/alias","/web"],"Created":1795356606,"Ports":[{"PrivatePort":90,"Type":"tcp"},{"PrivatePort":53,"Type":"udp"},
         {"IP":"127.0.0.1","PrivatePort":80,"PublicPort":18080,"Type":"tcp"}],"Labels":{"b":"2","a":"1"},"State":"running","Status":"Up Less than a second (health: starting)",
         "HostConfig":{"NetworkMode":"default"},"NetworkSettings":{"Networks":{"bridge":{"NetworkID":"a2f4","Gateway":"172.17.0.1","IPAddress":"172.17.0.2","GlobalIPv6Address":""}}}}
        """;

    private static readonly Container Expected = new()
    {
        Id = "2ed01aaa586c8b8f",
        Name = "web",
        Created = new DateTimeOffset(2026, 11, 22, 14, 10, 6, TimeSpan.Zero).AddTicks(2261111),
        State = ContainerState.Running,
        Health = ContainerHealth.Starting,
        Labels = [new("a", "1"), new("b", "2")],
        Networks = [new() { Name = "bridge", Id = "a2f4", IPv4 = "172.17.0.2", Gateway = "172.17.0.1" }],
        ExposedTcpPorts = [80, 90],
        PublishedTcpPorts = [new(80, "127.0.0.1", 18080)],
    };

    [Fact]
    public void Details_are_read_to_a_fraction_of_a_second() => Assert.Equal(Expected, Inspect(Details));

    [Fact]
    public void A_list_entry_gives_the_same_to_the_second() =>
        Assert.Equal(Expected with { Created = DateTimeOffset.FromUnixTimeSeconds(1795356606) }, ContainerMapper.From(JsonSerializer.Deserialize(ListEntry, DockerJsonContext.Default.ContainerListResponse)!));

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Id":""}""")]
    public void An_answer_without_an_id_is_no_container(string json)
    {
        Assert.Null(Inspect(json));
        Assert.Null(ContainerMapper.From(JsonSerializer.Deserialize(json, DockerJsonContext.Default.ContainerListResponse)!));
    }

    [Fact]
    public void What_is_missing_or_odd_is_left_out()
    {
        const string Odd = """
            {"Id":"0123456789abcdef","Created":"yesterday","State":{"Status":"7","Health":{"Status":"none"}},"Config":{"Labels":null,"ExposedPorts":{"http/tcp":{},"99999/tcp":{},"8000-8010/tcp":{}}},
             "NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"","HostPort":""}]},"Networks":{"a":null,"b":{"IPAddress":"invalid IP"}}}}
            """;

        var container = Inspect(Odd)!;

        Assert.Equal(("0123456789ab", DateTimeOffset.UnixEpoch, ContainerState.Unknown, ContainerHealth.None), (container.Name, container.Created, container.State, container.Health));
        Assert.Equal([80], container.ExposedTcpPorts);
        Assert.Empty(container.PublishedTcpPorts);
        Assert.All(container.Networks, network => Assert.Null(network.Address));
    }

    private static Container? Inspect(string json) => ContainerMapper.From(JsonSerializer.Deserialize(json, DockerJsonContext.Default.ContainerInspectResponse)!);
}
