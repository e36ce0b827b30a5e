using Dovetail.Containers;
using Dovetail.Docker;
using Dovetail.EndToEndTests.Harness;
using Dovetail.Services;
using Dovetail.Services.Model;
using Dovetail.Tests.Docker;

namespace Dovetail.EndToEndTests.Docker;

/// <summary>On the Docker Engine.</summary>
public sealed class RealEngineTests(Engine engine) : RealEngine(engine)
{
    // Rule 6 and rule 5 of UpstreamResolver; the test runs where a Dovetail on the host does.
    [Theory]
    [InlineData()]
    [InlineData("-p", "80")]
    [InlineData("-p", "127.0.0.1::80")]
    public async Task The_container_sees_requests_from_the_address_that_status_says(params string[] publish)
    {
        await using var container = await RunAsync(Web, publish);
        await using var watch = new Watch(Endpoint, Options);
        var upstream = UpstreamOf(await watch.NextAsync(snapshot => snapshot.Containers is [{ Networks: [{ Gateway: not null }] }]));
        using var http = new HttpClient();

        var echo = await Eventually.GetAsync(
            token => http.GetStringAsync(new Uri($"http://{upstream.Host}:{upstream.Port}{TestImage.EchoPath}"), token),
            _ => true,
            $"an answer from {upstream.Host}:{upstream.Port} ({upstream.Route})");

        Assert.Equal(upstream.Source, EchoedRequest.Parse(echo).RemoteAddress);
    }
}

/// <summary>The client and the watcher on a real Engine.</summary>
public abstract class RealEngine(Engine engine)
{
    // Other tests share the Engine: a label prefix of its own makes each test see its own containers only.
    private readonly string _prefix = Unique("label");
    private readonly string _name = Unique("web");

    private protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private protected DockerEndpoint Endpoint
    {
        get
        {
            var (endpoint, errors) = DockerEndpoint.Parse(engine.Host, null, null);
            Assert.True(endpoint is not null, string.Join(" ", errors));
            return endpoint;
        }
    }

    private protected DockerWatcherOptions Options =>
        new() { LabelPrefix = _prefix, Container = "none", ResyncInterval = TimeSpan.FromHours(1) };

    private protected Dictionary<string, string> Web => new() { [$"{_prefix}.name"] = "web" };

    [Fact]
    public async Task The_engine_tells_its_version()
    {
        using var client = new DockerClient(Endpoint, TimeProvider.System);

        var version = await client.GetVersionAsync(Cancelled);

        Assert.Matches(@"^\d+\.", version.Engine);
        Assert.True(version.Api.CompareTo(new ApiVersion(1, 24)) >= 0, $"{version.Api}");
        Assert.NotNull(version.Clock);
    }

    [Fact]
    public async Task A_container_is_seen_as_it_is()
    {
        await using var watch = new Watch(Endpoint, Options);
        Assert.Empty((await watch.NextAsync()).Containers);

        await using var run = await RunAsync(Web, "--expose", "90", "--expose", "53/udp", "-p", "127.0.0.1::80", "--stop-timeout", "7");

        var isUp = (ContainerSnapshot seen) => seen.Containers is [{ State: ContainerState.Running, Networks: [{ Address: not null }] }];
        var container = (await watch.NextAsync(isUp)).Containers[0];
        Assert.Equal((run.Id, _name, ContainerHealth.None), (container.Id, container.Name, container.Health));
        Assert.Equal((StopSignal.Kill, TimeSpan.FromSeconds(7)), (container.StopSignal, container.StopTimeout));
        Assert.Equal([80, 90], container.ExposedTcpPorts);
        Assert.Equal("127.0.0.1", Assert.Single(container.PublishedTcpPorts).HostIp);
        Assert.Equal("web", container.Label($"{_prefix}.name"));
        Assert.InRange(container.Created, TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow().AddMinutes(5));
        Assert.NotEqual(0, container.Created.Ticks % TimeSpan.TicksPerSecond);
    }

    [Fact]
    public async Task Whatever_happens_to_a_container_is_reported()
    {
        await using var network = await TestNetwork.CreateAsync(engine, Unique("net"), Cancelled);
        await using var watch = new Watch(Endpoint, Options);
        await watch.NextAsync();
        await using var container = await RunAsync(Web);
        await Until(watch, container => container is { State: ContainerState.Running });

        await DockerAsync("pause", container.Id);
        await Until(watch, container => container is { State: ContainerState.Paused });
        await DockerAsync("unpause", container.Id);
        await Until(watch, container => container is { State: ContainerState.Running });
        await DockerAsync("rename", container.Id, _name + "-renamed");
        await Until(watch, container => container?.Name == _name + "-renamed");
        await container.ConnectAsync(network.Name, Cancelled);
        await Until(watch, container => container?.Networks.Count == 2);
        await container.DisconnectAsync(network.Name, Cancelled);
        await Until(watch, container => container?.Networks.Count == 1);
        await container.StopAsync(Cancelled);
        await Until(watch, container => container is null);
        await container.StartAsync(Cancelled);
        await Until(watch, container => container is { State: ContainerState.Running });
        await container.RemoveAsync(Cancelled);
        await Until(watch, container => container is null);
    }

    [Fact]
    public async Task A_healthcheck_is_reported_when_it_turns()
    {
        await using var watch = new Watch(Endpoint, Options);
        await watch.NextAsync();

        await using var container = await RunAsync(Web, "--health-cmd", "true", "--health-interval", "1s", "--health-start-period", "1s");
        await CheckHealthAsync(container);

        await Until(watch, container => container is { Health: ContainerHealth.Healthy });
    }

    [Fact]
    public async Task A_container_without_our_label_is_not_reported()
    {
        await using var watch = new Watch(Endpoint, Options);
        await watch.NextAsync();

        await using var other = await RunAsync(new Dictionary<string, string> { ["other.name"] = "x" });
        await using var ours = await engine.RunContainerAsync(Web, cancellation: Cancelled);

        Assert.Equal(ours.Id, Assert.Single((await watch.NextAsync()).Containers).Id);
    }

    [Fact]
    public async Task An_exposed_only_port_is_reached_from_where_the_test_runs()
    {
        await using var container = await RunAsync(Web);
        await using var watch = new Watch(Endpoint, Options);

        var upstream = UpstreamOf(await watch.NextAsync());

        Assert.Equal($"Hello from {container.HostName}", await BodyAsync(upstream));
    }

    [Fact]
    public async Task A_container_in_the_network_of_another_is_reached_through_it()
    {
        await using var owner = await RunAsync(new Dictionary<string, string>());
        await using var joined = await engine.RunContainerAsync(
            Web, options: ["--network", $"container:{owner.Id}"], command: ["sleep", "1000"], cancellation: Cancelled);
        await using var watch = new Watch(Endpoint, Options);

        var upstream = UpstreamOf(await watch.NextAsync());

        Assert.StartsWith($"through container {_name}: ", upstream.Route, StringComparison.Ordinal);
        Assert.Equal($"Hello from {owner.HostName}", await BodyAsync(upstream));
    }

    [Fact]
    public async Task Dovetail_in_a_container_knows_its_networks_and_the_hosts_address()
    {
        await using var network = await TestNetwork.CreateAsync(engine, Unique("net"), Cancelled);
        await using var dovetail = await RunAsync(new Dictionary<string, string>(), "--network", network.Name);
        await using var watch = new Watch(Endpoint, Options with { Container = _name });

        var own = (await watch.NextAsync()).Own;

        Assert.Equal((DovetailLocation.Container, _name, dovetail.Id), (own.Location, own.ContainerName, own.NetworkContainerId));
        var joined = Assert.Single(own.Networks);
        const string networkId = "{{range .NetworkSettings.Networks}}{{.NetworkID}}{{end}}";
        var id = (await DockerAsync("inspect", "-f", networkId, dovetail.Id)).Stdout.Trim();
        Assert.Equal((network.Name, id), (joined.Name, joined.Id));
        Assert.Equal(joined.Gateway, own.Gateway);
        Assert.NotNull(own.Gateway);
    }

    [Fact]
    public async Task Dovetail_attached_to_a_further_network_finds_out()
    {
        await using var network = await TestNetwork.CreateAsync(engine, Unique("net"), Cancelled);
        await using var dovetail = await RunAsync(new Dictionary<string, string>());
        await using var watch = new Watch(Endpoint, Options with { Container = _name });
        await watch.NextAsync();

        await dovetail.ConnectAsync(network.Name, Cancelled);

        await watch.NextAsync(snapshot => snapshot.Own.Networks.Count == 2);
    }

    [Fact]
    public async Task Dovetail_in_host_mode_is_on_the_host()
    {
        await using var dovetail = await engine.RunContainerAsync(
            new Dictionary<string, string>(),
            options: ["--name", _name, "--network", "host"],
            command: ["sleep", "1000"],
            cancellation: Cancelled);
        await using var watch = new Watch(Endpoint, Options with { Container = _name });

        var own = (await watch.NextAsync()).Own;

        Assert.Equal((DovetailLocation.HostNetworkContainer, "127.0.0.1"), (own.Location, own.Gateway));
    }

    /// <summary>Has the container's HEALTHCHECK run where the Engine does not do that by itself.</summary>
    private protected virtual Task CheckHealthAsync(TestContainer container) => Task.CompletedTask;

    // A name that nothing else has.
    private protected static string Unique(string name) => $"dvt-{name}-{Guid.NewGuid():N}"[..(name.Length + 17)];

    private static async Task Until(Watch watch, Func<Container?, bool> isWanted) =>
        await watch.NextAsync(snapshot => isWanted(snapshot.Containers.SingleOrDefault()));

    private protected Upstream UpstreamOf(ContainerSnapshot snapshot) =>
        Assert.Single(Assert.Single(DesiredState.From(snapshot, new ServiceOptions { LabelPrefix = _prefix }).Services).Upstreams);

    private protected Task<TestContainer> RunAsync(Dictionary<string, string> labels, params string[] options) =>
        engine.RunContainerAsync(labels, options: ["--name", _name, .. options], cancellation: Cancelled);

    private Task<CommandResult> DockerAsync(params string[] arguments) => engine.DockerAsync(arguments, cancellation: Cancelled);

    private protected static async Task<string> BodyAsync(Upstream upstream)
    {
        using var http = new HttpClient();
        var body = await Eventually.GetAsync(
            token => http.GetStringAsync(new Uri($"http://{upstream.Host}:{upstream.Port}/"), token),
            _ => true,
            $"an answer from {upstream.Host}:{upstream.Port} ({upstream.Route})");
        return body.Trim();
    }
}
