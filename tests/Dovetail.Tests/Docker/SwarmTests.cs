using System.Text.Json.Nodes;
using Dovetail.Containers;
using Dovetail.Services;
using Dovetail.Services.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dovetail.Tests.Docker;

/// <summary>
/// A swarm as its manager tells of it: recorded answers of Docker 20.10.24, shortened, for what one machine cannot make. That a task is on
/// another node, or not yet running, was written into them.
/// </summary>
public sealed class SwarmTests
{
    private const string Manager = """{"Swarm":{"NodeID":"w7q4b99vrxthtzsoo8h4f98ig","LocalNodeState":"active","ControlAvailable":true}}""";

    private const string Worker = """{"Swarm":{"NodeID":"w7q4b99vrxthtzsoo8h4f98ig","LocalNodeState":"active","ControlAvailable":false}}""";

    private const string Service = """
        [{"ID":"um3enfrey6ktytdgboxc86qr8","CreatedAt":"2026-11-29T21:18:54.336828681Z",
          "Spec":{"Name":"s3","Labels":{"dovetail.name":"web","dovetail.port":"80"}},
          "Endpoint":{"Spec":{"Mode":"vip"},
           "Ports":[{"Protocol":"tcp","TargetPort":80,"PublishedPort":18099,"PublishMode":"ingress"}],
           "VirtualIPs":[{"NetworkID":"34eqspydtyjv4x30u2rbhzdbz","Addr":"10.222.0.3/24"},
            {"NetworkID":"vzifet9gelab2gns7hhua11h7","Addr":"10.222.1.7/24"}]}},
         {"ID":"4xve3k53463lxv0ohmj7q825s","Spec":{"Name":"s2","Labels":{"other":"label"}},"Endpoint":{}}]
        """;

    private const string TaskElsewhere = """
        {"ID":"9udy3s3avat6w61yhv4wo888c","CreatedAt":"2026-11-29T21:18:54.34040506Z","Labels":{},
         "Spec":{"ContainerSpec":{"Image":"dvimg:latest"}},"ServiceID":"um3enfrey6ktytdgboxc86qr8","Slot":1,
         "NodeID":"another","Status":{"State":"running",
          "ContainerStatus":{"ContainerID":"e78878b6167b33a2fa3b1fa2fc7bf5e55c9a5170eeeeb51fb115467aca744390","PID":23948}},
         "DesiredState":"running","NetworksAttachments":[
          {"Network":{"ID":"34eqspydtyjv4x30u2rbhzdbz","Spec":{"Name":"ingress","Ingress":true},"DriverState":{"Name":"overlay"}},
           "Addresses":["10.222.0.4/24"]},
          {"Network":{"ID":"vzifet9gelab2gns7hhua11h7","Spec":{"Name":"ov1"},"DriverState":{"Name":"overlay"}},
           "Addresses":["10.222.1.8/24"]},
          {"Network":{"ID":"booomdbd5wrcy91pxhuq6bul6","Spec":{"Name":"swbridge"},"DriverState":{"Name":"bridge"}}}]}
        """;

    private const string Networks = """
        [{"Name":"ingress","Id":"34eqspydtyjv4x30u2rbhzdbz","Driver":"overlay","Ingress":true},
         {"Name":"ov1","Id":"vzifet9gelab2gns7hhua11h7","Driver":"overlay","Ingress":false},
         {"Name":"bridge","Id":"n1","Driver":"bridge","Ingress":false}]
        """;

    // Dovetail in a container that is on both networks, as a task of a service that publishes a port is.
    private static readonly OwnLocation OnBoth = new()
    {
        Location = DovetailLocation.Container,
        ContainerName = "dovetail",
        Networks =
        [
            new() { Name = "ingress", Id = "34eqspydtyjv4x30u2rbhzdbz", IPv4 = "10.222.0.9" },
            new() { Name = "ov1", Id = "vzifet9gelab2gns7hhua11h7", IPv4 = "10.222.1.9" },
        ],
    };

    [Fact]
    public async Task A_task_on_another_node_is_reached_by_the_overlay_that_both_share_and_never_by_ingress()
    {
        await using var engine = await ManagerAsync($"[{TaskElsewhere}]");
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        var snapshot = await watch.NextAsync();

        var task = Assert.Single(snapshot.Containers);
        Assert.Equal("e78878b6167b33a2fa3b1fa2fc7bf5e55c9a5170eeeeb51fb115467aca744390", task.Id);
        Assert.Equal(("s3.1.9udy3s3avat6w61yhv4wo888c", ContainerState.Running), (task.Name, task.State));
        Assert.Equal(["ingress", "ov1"], task.Networks.Select(network => network.Name));
        var upstream = Assert.Single(UpstreamsOf(snapshot with { Own = OnBoth }));
        Assert.Equal(("10.222.1.8", 80, "network ov1, shared with Dovetail"), (upstream.Host, upstream.Port, upstream.Route));
    }

    [Fact]
    public async Task From_the_host_no_overlay_is_reached_but_a_port_that_the_swarm_publishes()
    {
        await using var engine = await ManagerAsync($"[{TaskElsewhere}]");
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        var upstream = Assert.Single(UpstreamsOf(await watch.NextAsync()));

        Assert.Equal(("127.0.0.1", 18099), (upstream.Host, upstream.Port));
    }

    [Fact]
    public async Task Scaling_is_followed_without_an_event_until_all_tasks_run()
    {
        var second = TaskElsewhere
            .Replace("9udy3s3", "wxfdmwo", StringComparison.Ordinal)
            .Replace("e788", "3c06", StringComparison.Ordinal);
        var starting = second.Replace("\"State\":\"running\"", "\"State\":\"preparing\"", StringComparison.Ordinal);
        await using var engine = await ManagerAsync($"[{TaskElsewhere},{starting}]");
        await using var watch = new Watch(engine.Endpoint, Watch.Patient with { SettlingInterval = TimeSpan.FromMilliseconds(20) });
        Assert.Single(UpstreamsOf(await watch.NextAsync() with { Own = OnBoth }));

        engine.Answers["/tasks"] = $"[{TaskElsewhere},{second}]";

        Assert.Equal(2, UpstreamsOf(await watch.NextAsync() with { Own = OnBoth }).Count);
        var listings = engine.Listings;
        engine.Containers[ScriptedEngine.Id(7)] = "other";
        engine.Send();
        await watch.NextAsync();
        Assert.InRange(engine.Listings, listings + 1, listings + 3);
    }

    [Fact]
    public async Task Labels_of_the_service_hold_for_its_containers_here_and_the_containers_own_win()
    {
        await using var engine = await ManagerAsync("[]");
        engine.Containers[ScriptedEngine.Id(1)] = "s3.1.x";
        engine.Change = (_, answer) =>
        {
            var labels = new JsonObject { ["com.docker.swarm.service.id"] = "um3enfrey6ktytdgboxc86qr8", ["dovetail.port"] = "8080" };
            (answer["Config"] as JsonObject ?? answer)["Labels"] = labels;
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        var container = Assert.Single((await watch.NextAsync()).Containers);

        Assert.Equal(("web", "8080"), (container.Label("dovetail.name"), container.Label("dovetail.port")));
        Assert.Equal([80], container.PublishedTcpPorts.Select(port => port.ContainerPort));
    }

    [Fact]
    public async Task Where_tasks_are_not_shown_a_service_is_reached_by_its_virtual_ip()
    {
        await using var engine = await ManagerAsync("[]");
        engine.Interfere = Refuse("/tasks");
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        var snapshot = await watch.NextAsync();

        var upstream = Assert.Single(UpstreamsOf(snapshot with { Own = OnBoth }));
        Assert.Equal(("10.222.1.7", 80), (upstream.Host, upstream.Port));
        Assert.Contains("TASKS", Assert.Single(watch.Logged(LogLevel.Warning)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manager_whose_services_are_not_shown_says_what_to_allow()
    {
        await using var engine = await ManagerAsync("[]");
        engine.Interfere = Refuse("/services");
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        Assert.Empty((await watch.NextAsync()).Containers);

        Assert.Contains("SERVICES", Assert.Single(watch.Logged(LogLevel.Warning)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task On_a_worker_a_warning_says_where_to_put_the_labels_unless_they_are_there(bool hasLabels)
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Answers["/info"] = Worker;
        engine.Containers[ScriptedEngine.Id(1)] = "s3.1.x";
        engine.Change = (_, answer) =>
        {
            var labels = new JsonObject { ["com.docker.swarm.service.id"] = "um3enfrey6ktytdgboxc86qr8" };
            if (hasLabels)
            {
                labels["dovetail.name"] = "web";
            }

            (answer["Config"] as JsonObject ?? answer)["Labels"] = labels;
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        await watch.NextAsync();

        if (hasLabels)
        {
            Assert.Empty(watch.Logged(LogLevel.Warning));
            return;
        }

        var warning = Assert.Single(watch.Logged(LogLevel.Warning));
        Assert.Contains("worker of a swarm", warning, StringComparison.Ordinal);
        Assert.Contains("under labels: of the service, beside deploy:", warning, StringComparison.Ordinal);
        Assert.DoesNotContain(engine.Requests, path => path.Contains("/services", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Outside_a_swarm_nothing_is_asked_of_one_and_nothing_said()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        await watch.NextAsync();

        Assert.DoesNotContain(engine.Requests, path => path.Contains("/services", StringComparison.Ordinal));
        Assert.Empty(watch.Logged(LogLevel.Warning));
    }

    private static async Task<ScriptedEngine> ManagerAsync(string tasks)
    {
        var engine = await ScriptedEngine.StartedAsync();
        engine.Answers["/info"] = Manager;
        engine.Answers["/services"] = Service;
        engine.Answers["/tasks"] = tasks;
        engine.Answers["/networks"] = Networks;
        return engine;
    }

    private static Func<HttpContext, Task<bool>> Refuse(string call) => async context =>
    {
        var isRefused = context.Request.Path.Value!.EndsWith(call, StringComparison.Ordinal);
        if (isRefused)
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            await context.Response.WriteAsync("Forbidden");
        }

        return isRefused;
    };

    private static IReadOnlyList<Upstream> UpstreamsOf(ContainerSnapshot snapshot) =>
        [.. Assert.Single(DesiredState.From(snapshot, new ServiceOptions()).Services).Upstreams];
}
