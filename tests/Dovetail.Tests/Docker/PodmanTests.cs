using System.Text.Json.Nodes;
using Dovetail.Containers;
using Dovetail.Docker;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Docker;

/// <summary>What Podman answers otherwise than Docker; the answers are Podman 4.3.1's, shortened.</summary>
public sealed class PodmanTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Podman_is_known_by_its_header()
    {
        await using var engine = await StartedAsync();
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        var version = await client.GetVersionAsync(Cancelled);

        Assert.Equal((true, "Podman 99.0"), (version.IsPodman, version.Title));
    }

    [Fact]
    public async Task The_list_names_no_state_that_Podman_does_not_know()
    {
        await using var engine = await StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        Assert.Single(await client.ListContainersAsync(Cancelled));

        var asked = Assert.Single(engine.Requests, path => path.Contains("/containers/json", StringComparison.Ordinal));
        var list = Uri.UnescapeDataString(asked);
        Assert.Contains("all=", list, StringComparison.Ordinal);
        Assert.Contains("\"running\"", list, StringComparison.Ordinal);
        Assert.DoesNotContain("restarting", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Docker_is_asked_for_what_it_lists_by_itself()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        await client.ListContainersAsync(Cancelled);

        Assert.Contains("/v1.41/containers/json", engine.Requests);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(500)]
    public async Task An_engine_that_refuses_filters_is_asked_without_from_then_on(int status)
    {
        await using var engine = await StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        engine.Containers[ScriptedEngine.Id(2)] = "gone";
        engine.Change = (id, answer) =>
        {
            if (id == ScriptedEngine.Id(2))
            {
                answer["State"] = "exited";
            }
        };
        var answers = engine.Interfere;
        engine.Interfere = async context =>
        {
            await answers(context);
            var hasFilters = context.Request.Query["filters"].ToString() is { Length: > 2 };
            if (hasFilters)
            {
                context.Response.StatusCode = status;
                await context.Response.WriteAsync("""{"cause":"invalid argument","message":"unknown filter","response":500}""");
            }

            return hasFilters;
        };
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        await using var events = await client.OpenEventsAsync(null, Cancelled);
        var listed = await client.ListContainersAsync(Cancelled);

        // Chosen by the client.
        Assert.Equal([ScriptedEngine.Id(1)], listed.Select(entry => entry.ID));
        Assert.Equal((2, 1), (engine.Subscriptions, engine.Listings));
    }

    [Fact]
    public async Task A_container_in_a_pod_is_seen_with_the_container_that_has_the_pods_network()
    {
        // A list entry of Podman has no HostConfig, and its stop signal is a number.
        var (infra, podded) = (ScriptedEngine.Id(1), ScriptedEngine.Id(2));
        await using var engine = await StartedAsync();
        engine.Containers[infra] = "0c3a5d-infra";
        engine.Containers[podded] = "web";
        engine.Change = (id, answer) =>
        {
            if (answer.ContainsKey("Names"))
            {
                answer.Remove("HostConfig");
                answer["Labels"] = id == infra ? new JsonObject() : new JsonObject { ["dovetail.name"] = "web" };
            }
            else if (id == podded)
            {
                answer["HostConfig"] = new JsonObject { ["NetworkMode"] = $"container:{infra}" };
                answer["Config"]!["StopSignal"] = "15";
            }
            else
            {
                answer["Config"]!["Labels"] = null;
            }
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        var snapshot = await watch.NextAsync();

        Assert.Equal([infra, podded], snapshot.Containers.Select(container => container.Id));
        Assert.Equal(infra, snapshot.Containers[1].NetworkContainer);
        Assert.Equal(StopSignal.Terminate, snapshot.Containers[1].StopSignal);
    }

    [Fact]
    public async Task A_container_that_has_been_told_to_stop_is_stopping()
    {
        await using var engine = await StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        engine.Change = (_, answer) =>
        {
            if (answer["State"] is JsonObject state)
            {
                state["Status"] = "stopping";
            }
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        var container = Assert.Single((await watch.NextAsync()).Containers);

        Assert.Equal((ContainerState.Running, true), (container.State, container.IsStopping));
    }

    [Theory]
    [InlineData("""{"SecurityOptions":["name=seccomp,profile=default","name=rootless"]}""", true)]
    [InlineData("""{"SecurityOptions":["name=seccomp"],"DockerRootDir":"/home/me/.local/share/containers/storage"}""", true)]
    [InlineData("""{"SecurityOptions":["name=seccomp"],"DockerRootDir":"/var/lib/containers/storage"}""", false)]
    public async Task A_rootless_Podman_is_known_as_such(string info, bool isRootless)
    {
        await using var engine = await StartedAsync();
        engine.Answers["/info"] = info;
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        Assert.Equal(isRootless, (await watch.NextAsync()).Own.IsRootless);
    }

    // Podman names its own API in each answer, and knows neither the state restarting nor a swarm.
    private static async Task<ScriptedEngine> StartedAsync()
    {
        var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = async context =>
        {
            context.Response.Headers["Libpod-Api-Version"] = "4.3.1";
            var isRefused = context.Request.Query["filters"].ToString().Contains("restarting", StringComparison.Ordinal);
            if (isRefused)
            {
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                await context.Response.WriteAsync(
                    """{"cause":"invalid argument","message":"unknown container state: restarting: invalid argument","response":500}""");
            }

            return isRefused;
        };
        return engine;
    }
}
