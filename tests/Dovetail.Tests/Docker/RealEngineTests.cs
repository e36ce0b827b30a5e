using System.Text.Json.Nodes;
using Dovetail.Containers;
using Dovetail.Docker;
using Dovetail.Services;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Docker;

/// <summary>The client and the watcher on a real Docker Engine.</summary>
public sealed class RealEngineTests(DockerEngine engine)
{
    // Other tests share the Engine: a label prefix of its own makes each test see its own containers only.
    private readonly string _prefix = DockerEngine.Unique("label");
    private readonly string _name = DockerEngine.Unique("web");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private DockerWatcherOptions Options => new() { LabelPrefix = _prefix, Container = "none", ResyncInterval = TimeSpan.FromHours(1) };

    [Fact]
    public async Task The_engine_tells_its_version()
    {
        using var client = new DockerClient(DockerEngine.Endpoint, TimeProvider.System);

        var version = await client.GetVersionAsync(Cancelled);

        Assert.Matches(@"^\d+\.", version.Engine);
        Assert.True(version.Api.CompareTo(new ApiVersion(1, 24)) >= 0, $"{version.Api}");
        Assert.NotNull(version.Clock);
    }

    [Fact]
    public async Task A_container_is_seen_as_it_is()
    {
        await using var watch = new Watch(DockerEngine.Endpoint, Options);
        Assert.Empty((await watch.NextAsync()).Containers);

        var id = await engine.RunAsync(_name, Labels("name", "web"), request =>
        {
            request["ExposedPorts"] = new JsonObject { ["80/tcp"] = new JsonObject(), ["90/tcp"] = new JsonObject(), ["53/udp"] = new JsonObject() };
            request["HostConfig"]!["PortBindings"] = new JsonObject { ["80/tcp"] = new JsonArray(new JsonObject { ["HostIp"] = "127.0.0.1", ["HostPort"] = "" }) };
        });

        var container = (await watch.NextAsync(snapshot => snapshot.Containers is [{ State: ContainerState.Running, Networks: [{ Address: not null }] }])).Containers[0];
        Assert.Equal((id, _name, ContainerHealth.None), (container.Id, container.Name, container.Health));
        Assert.Equal([80, 90], container.ExposedTcpPorts);
        Assert.Equal("127.0.0.1", Assert.Single(container.PublishedTcpPorts).HostIp);
        Assert.Equal("web", container.Label($"{_prefix}.name"));
        Assert.InRange(container.Created, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
        Assert.NotEqual(0, container.Created.Ticks % TimeSpan.TicksPerSecond);
    }

    [Fact]
    public async Task Whatever_happens_to_a_container_is_reported()
    {
        await using var watch = new Watch(DockerEngine.Endpoint, Options);
        await watch.NextAsync();
        var id = await engine.RunAsync(_name, Labels("name", "web"));
        await Until(watch, container => container is { State: ContainerState.Running });

        await engine.PostAsync($"containers/{id}/pause");
        await Until(watch, container => container is { State: ContainerState.Paused });
        await engine.PostAsync($"containers/{id}/unpause");
        await Until(watch, container => container is { State: ContainerState.Running });
        await engine.PostAsync($"containers/{id}/rename?name={_name}-renamed");
        await Until(watch, container => container?.Name == _name + "-renamed");
        var network = await engine.CreateNetworkAsync(DockerEngine.Unique("net"));
        await engine.PostAsync($"networks/{network}/connect", new JsonObject { ["Container"] = id });
        await Until(watch, container => container?.Networks.Count == 2);
        await engine.PostAsync($"networks/{network}/disconnect", new JsonObject { ["Container"] = id });
        await Until(watch, container => container?.Networks.Count == 1);
        await engine.PostAsync($"containers/{id}/stop?t=0");
        await Until(watch, container => container is null);
        await engine.PostAsync($"containers/{id}/start");
        await Until(watch, container => container is { State: ContainerState.Running });
        await engine.RemoveAsync(id);
        await Until(watch, container => container is null);
    }

    [Fact]
    public async Task A_healthcheck_is_reported_when_it_turns()
    {
        await using var watch = new Watch(DockerEngine.Endpoint, Options);
        await watch.NextAsync();

        await engine.RunAsync(_name, Labels("name", "web"), request => request["Healthcheck"] = new JsonObject
        {
            ["Test"] = new JsonArray("CMD", "/bin/busybox", "true"),
            ["Interval"] = 1_000_000_000L,
            ["StartPeriod"] = 1_000_000_000L,
        });

        await Until(watch, container => container is { Health: ContainerHealth.Healthy });
    }

    [Fact]
    public async Task A_container_without_our_label_is_not_reported()
    {
        await using var watch = new Watch(DockerEngine.Endpoint, Options);
        await watch.NextAsync();

        await engine.RunAsync(_name, new Dictionary<string, string> { ["other.name"] = "x" });
        var ours = await engine.RunAsync(DockerEngine.Unique("ours"), Labels("name", "web"));

        Assert.Equal(ours, Assert.Single((await watch.NextAsync()).Containers).Id);
    }

    [Fact]
    public async Task An_exposed_only_port_is_reached_from_where_the_test_runs()
    {
        await engine.RunAsync(_name, Labels("name", "web"), request => request["ExposedPorts"] = new JsonObject { ["80/tcp"] = new JsonObject() });
        await using var watch = new Watch(DockerEngine.Endpoint, Options);

        var state = DesiredState.From(await watch.NextAsync(), new ServiceOptions { LabelPrefix = _prefix });

        var upstream = Assert.Single(Assert.Single(state.Services).Upstreams);
        Assert.Equal(_name, await BodyAsync(upstream));
    }

    [Fact]
    public async Task A_container_in_the_network_of_another_is_reached_through_it()
    {
        var owner = await engine.RunAsync(_name, new Dictionary<string, string>());
        await engine.RunAsync(DockerEngine.Unique("joined"), Labels("name", "web", "port", "80"), request =>
        {
            request["HostConfig"]!["NetworkMode"] = $"container:{owner}";
            request["Cmd"] = new JsonArray("/bin/busybox", "sleep", "1000");
        });
        await using var watch = new Watch(DockerEngine.Endpoint, Options);

        var state = DesiredState.From(await watch.NextAsync(), new ServiceOptions { LabelPrefix = _prefix });

        var upstream = Assert.Single(Assert.Single(state.Services).Upstreams);
        Assert.StartsWith($"through container {_name}: ", upstream.Route, StringComparison.Ordinal);
        Assert.Equal(_name, await BodyAsync(upstream));
    }

    [Fact]
    public async Task Dovetail_in_a_container_knows_its_networks_and_the_hosts_address()
    {
        var network = DockerEngine.Unique("net");
        var id = await engine.CreateNetworkAsync(network);
        var dovetail = await engine.RunAsync(_name, new Dictionary<string, string>(), request => request["HostConfig"]!["NetworkMode"] = network);
        await using var watch = new Watch(DockerEngine.Endpoint, Options with { Container = _name });

        var host = (await watch.NextAsync()).Host;

        Assert.Equal((DovetailLocation.Container, _name, dovetail), (host.Location, host.ContainerName, host.NetworkContainerId));
        var own = Assert.Single(host.Networks);
        Assert.Equal((network, id), (own.Name, own.Id));
        Assert.Equal(own.Gateway, host.Gateway);
        Assert.NotNull(host.Gateway);
    }

    [Fact]
    public async Task Dovetail_attached_to_a_further_network_finds_out()
    {
        await engine.RunAsync(_name, new Dictionary<string, string>());
        await using var watch = new Watch(DockerEngine.Endpoint, Options with { Container = _name });
        await watch.NextAsync();

        await engine.PostAsync($"networks/{await engine.CreateNetworkAsync(DockerEngine.Unique("net"))}/connect", new JsonObject { ["Container"] = _name });

        await watch.NextAsync(snapshot => snapshot.Host.Networks.Count == 2);
    }

    [Fact]
    public async Task Dovetail_in_host_mode_is_on_the_host()
    {
        await engine.RunAsync(_name, new Dictionary<string, string>(), request =>
        {
            request["HostConfig"]!["NetworkMode"] = "host";
            request["Cmd"] = new JsonArray("/bin/busybox", "sleep", "1000");
            request.Remove("Hostname");
        });
        await using var watch = new Watch(DockerEngine.Endpoint, Options with { Container = _name });

        var host = (await watch.NextAsync()).Host;

        Assert.Equal((DovetailLocation.HostNetworkContainer, "127.0.0.1"), (host.Location, host.Gateway));
    }

    private static async Task Until(Watch watch, Func<Container?, bool> isWanted) =>
        await watch.NextAsync(snapshot => isWanted(snapshot.Containers.SingleOrDefault()));

    private Dictionary<string, string> Labels(params string[] pairs) =>
        pairs.Chunk(2).ToDictionary(pair => $"{_prefix}.{pair[0]}", pair => pair[1]);

    private static async Task<string> BodyAsync(Upstream upstream)
    {
        using var http = new HttpClient();
        var body = "";
        await Eventually.TrueAsync(
            () =>
            {
                try
                {
                    body = http.GetStringAsync(new Uri($"http://{upstream.Host}:{upstream.Port}/"), Cancelled).GetAwaiter().GetResult();
                    return true;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            $"an answer from {upstream.Host}:{upstream.Port} ({upstream.Route})");
        return body.Trim();
    }
}
