using System.Text.Json.Nodes;
using Dovetail.Containers;
using Dovetail.Docker;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Docker;

public sealed class ContainerMapperTests
{
    // Shortened answers of Docker 20.10.24 about one container.
    private const string Details = """
        {"Id":"2ed01aaa586c8b8f","Created":"2026-11-22T14:10:06.226111121Z","Name":"/web",
         "State":{"Status":"running","Running":true,"Health":{"Status":"starting","Log":[]}},
         "HostConfig":{"NetworkMode":"default"},
         "Config":{"Hostname":"2ed01aaa586c","ExposedPorts":{"80/tcp":{},"90/tcp":{},"53/udp":{}},"Labels":{"b":"2","a":"1"}},
         "NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"127.0.0.1","HostPort":"18080"}],"90/tcp":null},
         "Networks":{"bridge":{"NetworkID":"a2f4","Gateway":"172.17.0.1","IPAddress":"172.17.0.2",
         "IPv6Gateway":"","GlobalIPv6Address":""}}}}
        """;

    private const string ListEntry = """
        {"Id":"2ed01aaa586c8b8f","Names":["/other/alias","/web"],"Created":1795356606,
         "Ports":[{"PrivatePort":90,"Type":"tcp"},{"PrivatePort":53,"Type":"udp"},
         {"IP":"127.0.0.1","PrivatePort":80,"PublicPort":18080,"Type":"tcp"}],
         "Labels":{"b":"2","a":"1"},"State":"running","Status":"Up Less than a second (health: starting)",
         "HostConfig":{"NetworkMode":"default"},
         "NetworkSettings":{"Networks":{"bridge":{"NetworkID":"a2f4","Gateway":"172.17.0.1","IPAddress":"172.17.0.2",
         "GlobalIPv6Address":""}}}}
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
    public async Task Details_are_read_to_a_fraction_of_a_second() => Assert.Equal(Expected, await InspectAsync(Details));

    [Fact]
    public async Task A_list_entry_gives_the_same_to_the_second() =>
        Assert.Equal(Expected with { Created = DateTimeOffset.FromUnixTimeSeconds(1795356606) }, Assert.Single(await ListAsync(ListEntry)));

    // Docker 20.10.24 about a container that was ended for want of memory.
    [Fact]
    public async Task How_it_ended_and_when_it_began_are_read()
    {
        var ended = await InspectAsync(
            """
            {"Id":"2ed01aaa586c8b8f","State":{"Status":"exited","OOMKilled":true,"Dead":false,"ExitCode":137,
             "StartedAt":"2026-11-22T14:10:06.226111121Z","FinishedAt":"2026-11-22T14:10:07Z"}}
            """);

        Assert.Equal((ContainerState.Exited, 137, true), (ended!.State, ended.ExitCode, ended.IsOutOfMemory));
        Assert.Equal(new DateTimeOffset(2026, 11, 22, 14, 10, 6, TimeSpan.Zero).AddTicks(2261111), ended.StartedAt);
    }

    [Theory]
    [InlineData("\"0001-01-01T00:00:00Z\"", "0", "false")]
    [InlineData("\"soon\"", "\"x\"", "\"no\"")]
    [InlineData("7", "1e99", "1")]
    [InlineData("null", "null", "null")]
    public async Task What_was_never_or_is_odd_is_left_out(string startedAt, string exitCode, string outOfMemory)
    {
        var container = await InspectAsync(
            $$$"""{"Id":"a","State":{"Status":"created","StartedAt":{{{startedAt}}},"ExitCode":{{{exitCode}}},"OOMKilled":{{{outOfMemory}}}}}""");

        Assert.Equal((default, 0, false), (container!.StartedAt, container.ExitCode, container.IsOutOfMemory));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"Id":""}""")]
    public async Task An_answer_without_an_id_is_no_container(string json)
    {
        Assert.Null(await InspectAsync(json));
        Assert.Empty(await ListAsync(json));
    }

    [Fact]
    public async Task A_list_entry_that_is_null_is_no_container() => Assert.Empty(await ListAsync("null"));

    [Fact]
    public async Task What_is_missing_or_odd_is_left_out()
    {
        const string Odd = """
            {"Id":"0123456789abcdef","Created":"yesterday","State":{"Status":"7","Health":{"Status":"none"}},
             "Config":{"Labels":null,"StopTimeout":1e99,"ExposedPorts":{"http/tcp":{},"99999/tcp":{},"8000-8010/tcp":{}}},
             "NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"","HostPort":""},null]},"Networks":{"a":null,"b":{"IPAddress":"invalid IP"}}}}
            """;

        var container = (await InspectAsync(Odd))!;

        Assert.Equal(("0123456789ab", DateTimeOffset.UnixEpoch), (container.Name, container.Created));
        Assert.Equal((ContainerState.Unknown, ContainerHealth.None), (container.State, container.Health));
        Assert.Equal((Container.DefaultStopTimeout, "default"), (container.StopTimeout, container.NetworkMode));
        Assert.Equal([80], container.ExposedTcpPorts);
        Assert.Empty(container.PublishedTcpPorts);
        Assert.All(container.Networks, network => Assert.Null(network.Address));
    }

    [Theory]
    [InlineData("99999999999999")]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task What_is_missing_or_odd_in_a_list_entry_is_left_out(string created)
    {
        var container = Assert.Single(await ListAsync(
            $$"""
            {"Id":"0123456789abcdef","Names":[null],"Created":{{created}},"Labels":{"a":null},"HostConfig":null,
             "Ports":[null,{"PrivatePort":99999},{"PrivatePort":-1},{"PrivatePort":80,"PublicPort":70000}]}
            """));

        Assert.Equal(("0123456789ab", DateTimeOffset.UnixEpoch, "default"), (container.Name, container.Created, container.NetworkMode));
        Assert.Equal([new ContainerLabel("a", "")], container.Labels);
        Assert.Equal([80], container.ExposedTcpPorts);
        Assert.Empty(container.PublishedTcpPorts);
    }

    [Theory]
    [InlineData("Name")]
    [InlineData("Names")]
    [InlineData("Created")]
    [InlineData("State")]
    [InlineData("Status")]
    [InlineData("Labels")]
    [InlineData("Ports")]
    [InlineData("HostConfig")]
    [InlineData("Config")]
    [InlineData("NetworkSettings")]
    public async Task Nothing_but_the_id_is_needed(string missing)
    {
        Assert.NotNull(await InspectAsync(Without(Details)));
        Assert.Single(await ListAsync(Without(ListEntry)));

        string Without(string json)
        {
            var answer = JsonNode.Parse(json)!.AsObject();
            answer.Remove(missing);
            return answer.ToJsonString();
        }
    }

    private static async Task<Container?> InspectAsync(string json) =>
        ContainerMapper.From((await AskAsync(json, client => client.InspectContainerAsync("x", TestContext.Current.CancellationToken)))!);

    private static async Task<IEnumerable<Container>> ListAsync(string entry) =>
        (await AskAsync($"[{entry}]", client => client.ListContainersAsync(TestContext.Current.CancellationToken)))
        .Select(ContainerMapper.From);

    // Through the client: which fields reach the mapper, and as what, is Docker.DotNet's part.
    private static async Task<T> AskAsync<T>(string json, Func<DockerClient, Task<T>> ask)
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = ScriptedEngine.AllButVersion(context => context.Response.WriteAsync(json));
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);
        return await ask(client);
    }
}
