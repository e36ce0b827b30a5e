using Dovetail.Containers;
using Dovetail.Docker;
using Dovetail.EndToEndTests.Harness;
using Dovetail.Services;
using Dovetail.Services.Model;
using Dovetail.Tests.Docker;

namespace Dovetail.EndToEndTests.Docker;

/// <summary>
/// A swarm of one node. What it cannot make, tasks on other nodes and virtual IPs (which this machine's kernel may not have), is tested on
/// recorded answers.
/// </summary>
public sealed class SwarmTests(Engine engine) : EndToEndTest(engine)
{
    private const string Web = "web";

    private Dictionary<string, string> Labels => new() { [$"{Prefix}.name"] = Web, [$"{Prefix}.port"] = "80" };

    public override async ValueTask InitializeAsync()
    {
        var role = await Engine.DockerAsync(["info", "--format", "{{.Swarm.ControlAvailable}}"], cancellation: Cancellation);
        Assert.SkipUnless(
            role.Stdout.Trim() == "true", "The Engine manages no swarm: tests/run makes its own one, others need docker swarm init.");
        await base.InitializeAsync();
    }

    [Fact(Timeout = 300_000)]
    public async Task Labels_of_a_service_make_a_service_that_follows_its_scale()
    {
        // The host is on a bridge, and on no overlay.
        var network = Own(await TestNetwork.CreateAsync(Engine, $"{Prefix}-net", Cancellation, "--driver", "bridge", "--scope", "swarm"));
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        var service = Own(await TestService.CreateAsync(Engine, $"{Prefix}-web", Labels, ["--network", network.Name], Cancellation));

        await daemon.ReadyAsync(Web);
        var page = await peer.Http().GetStringAsync($"https://{peer.NameOf(Web)}/", Cancellation);
        Assert.StartsWith("Hello from ", page, StringComparison.Ordinal);

        await service.ScaleAsync(3, Cancellation);
        var status = await daemon.ServiceAsync(Web, seen => seen.Upstreams.Count == 3, "three upstreams");
        Assert.Equal(3, status.Upstreams.Select(upstream => upstream.Address).Distinct().Count());
        Assert.All(
            status.Upstreams,
            upstream => Assert.Contains($"network {network.Name}, from the host", upstream.Route, StringComparison.Ordinal));

        await service.ScaleAsync(1, Cancellation);
        await daemon.ServiceAsync(Web, seen => seen.Upstreams.Count == 1, "one upstream");
    }

    [Fact(Timeout = 300_000)]
    public async Task From_the_host_no_overlay_is_reached_and_the_status_says_what_to_do()
    {
        var network = Own(await TestNetwork.CreateAsync(Engine, $"{Prefix}-ov", Cancellation, "--driver", "overlay", "--attachable"));
        var daemon = StartDaemon();
        await RunContainerAsync(
            new Dictionary<string, string> { ["name"] = Web, ["port"] = "80" }, options: ["--network", network.Name]);

        var service = await daemon.ServiceAsync(Web, seen => seen.Has("upstream-unreachable"), "unreachable");

        Assert.Empty(service.Upstreams);
        Assert.Contains(
            $"is on {network.Name} (overlay), which the host is not on: run Dovetail in a container on {network.Name}",
            service.Condition("upstream-unreachable").Text,
            StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task Ingress_is_never_taken_while_an_overlay_is_shared()
    {
        var network = Own(await TestNetwork.CreateAsync(Engine, $"{Prefix}-ov", Cancellation, "--driver", "overlay"));
        string[] options = ["--network", network.Name, "--publish", "target=80"];
        var own = Own(await TestService.CreateAsync(Engine, $"{Prefix}-own", new Dictionary<string, string>(), options, Cancellation));
        Own(await TestService.CreateAsync(Engine, $"{Prefix}-web", Labels, options, Cancellation));
        var dovetail = await Eventually.GetAsync(own.ContainersAsync, seen => seen.Count == 1, "the container that stands for Dovetail");
        var (endpoint, _) = DockerEndpoint.Parse(Engine.Host, null, null);
        var watching = new DockerWatcherOptions { LabelPrefix = Prefix, Container = dovetail[0] };
        await using var watch = new Watch(endpoint!, watching);

        var snapshot = await watch.NextAsync(seen => seen.Containers is [{ State: ContainerState.Running, Networks.Count: 2 }]);

        Assert.Equal([(network.Name, false), ("ingress", true)], snapshot.Own.Networks.Select(on => (on.Name, on.IsIngress)));
        var services = DesiredState.From(snapshot, new ServiceOptions { LabelPrefix = Prefix }).Services;
        var upstream = Assert.Single(Assert.Single(services).Upstreams);
        Assert.Equal($"network {network.Name}, shared with Dovetail", upstream.Route);
    }
}
