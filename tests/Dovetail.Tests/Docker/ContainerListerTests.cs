using System.Text.Json.Nodes;
using Dovetail.Containers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dovetail.Tests.Docker;

/// <summary>Answers about containers that never come or cannot be read, as the watcher's reader sees them.</summary>
public sealed class ContainerListerTests
{
    [Fact]
    public async Task A_container_whose_details_never_come_serves_by_what_the_list_says()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "stuck";
        engine.Containers[ScriptedEngine.Id(2)] = "web";
        engine.Interfere = async context =>
        {
            if (context.Request.Path.Value!.Contains(ScriptedEngine.Id(1), StringComparison.Ordinal))
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            return false;
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient with { InspectTimeout = TimeSpan.FromSeconds(5) });

        var snapshot = await watch.NextAsync();

        Assert.Equal(["stuck", "web"], snapshot.Containers.Select(container => container.Name));
        Assert.Equal("172.17.0.2", Assert.Single(snapshot.Containers[0].Networks).IPv4);
        Assert.Equal([80], snapshot.Containers[0].ExposedTcpPorts);
        Assert.Contains("container stuck: The Docker Engine", Assert.Single(watch.Logged(LogLevel.Warning)), StringComparison.Ordinal);
        Assert.True(watch.Watcher.Health.Connected);
    }

    [Fact]
    public async Task A_container_whose_details_come_no_more_keeps_its_place_in_the_order_of_creation()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);
        var created = (await watch.NextAsync()).Containers[0].Created;

        engine.Interfere = context =>
        {
            var refuses = context.Request.Path.Value!.Contains(ScriptedEngine.Id(1), StringComparison.Ordinal);
            context.Response.StatusCode = refuses ? 500 : 200;
            return Task.FromResult(refuses);
        };
        engine.Containers[ScriptedEngine.Id(2)] = "db";
        await Eventually.TrueAsync(() => engine.Subscribers == 1, "the subscription");
        engine.Send();

        var snapshot = await watch.NextAsync();
        Assert.Equal(2, snapshot.Containers.Count);
        Assert.Equal(created, snapshot.Containers[0].Created);
    }

    [Fact]
    public async Task A_container_that_is_named_is_listed_without_a_label_and_at_once()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        engine.Containers[ScriptedEngine.Id(2)] = "other";
        engine.Change = (_, entry) =>
        {
            if ((entry["Labels"] ?? entry["Config"]?["Labels"]) is JsonObject labels)
            {
                labels.Clear();
            }
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);
        Assert.Empty((await watch.NextAsync()).Containers);

        watch.Watcher.Select(new ContainerSelection { Names = ["web"] });
        Assert.Equal("web", Assert.Single((await watch.NextAsync()).Containers).Name);
        watch.Watcher.Select(ContainerSelection.None);

        Assert.Empty((await watch.NextAsync()).Containers);
    }

    [Fact]
    public async Task A_container_that_ended_is_shown_apart_until_it_is_removed()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        engine.Containers[ScriptedEngine.Id(2)] = "db";
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);
        Assert.Empty((await watch.NextAsync()).Ended);
        await Eventually.TrueAsync(() => engine.Subscribers == 1, "the subscription");

        engine.HidesInList = id => id == ScriptedEngine.Id(1);
        engine.Change = (id, answer) =>
        {
            if (id == ScriptedEngine.Id(1) && answer["State"] is JsonObject)
            {
                answer["State"] = new JsonObject { ["Status"] = "exited", ["ExitCode"] = 3 };
            }
        };
        engine.Send();
        var ended = await watch.NextAsync(snapshot => snapshot.Ended.Count > 0);
        engine.Containers.TryRemove(ScriptedEngine.Id(1), out _);
        engine.Send();
        var removed = await watch.NextAsync(snapshot => snapshot.Ended.Count == 0);

        Assert.Equal(["db"], ended.Containers.Select(container => container.Name));
        Assert.Equal(("web", 3), (Assert.Single(ended.Ended).Name, ended.Ended[0].ExitCode));
        Assert.Equal(["db"], removed.Containers.Select(container => container.Name));
    }

    [Theory]
    [InlineData(true, "created", "dovetail.sleep", null, true)]
    [InlineData(true, "exited", "dovetail.services.web.sleep", null, true)]
    [InlineData(true, "exited", "dovetail.port", null, false)]
    [InlineData(true, "dead", "dovetail.sleep", null, false)]
    // What is left of "docker compose run", and of a task.
    [InlineData(true, "exited", "dovetail.sleep", "com.docker.compose.oneoff", false)]
    [InlineData(true, "exited", "dovetail.sleep", "com.docker.swarm.service.id", false)]
    [InlineData(false, "exited", "dovetail.sleep", null, false)]
    public async Task A_container_that_may_be_started_is_listed_though_it_does_not_run(
        bool allows, string state, string label, string? other, bool isAsleep)
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        engine.Change = (_, answer) =>
        {
            var labels = new JsonObject { [label] = "30m" };
            if (other is not null)
            {
                labels[other] = "True";
            }

            if (answer["Config"] is JsonObject config)
            {
                (config["Labels"], answer["State"]) = (labels, new JsonObject { ["Status"] = state });
            }
            else
            {
                (answer["Labels"], answer["State"]) = (labels, state);
            }
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient with { EvenAsleep = allows });

        var snapshot = await watch.NextAsync();

        Assert.Empty(snapshot.Containers);
        Assert.Equal(isAsleep, snapshot.Asleep.Count == 1);
        Assert.Equal(allows, engine.Requests.Any(path => path.Contains("all=", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_container_whose_network_another_uses_is_looked_at_though_it_has_ended()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "qb";
        engine.Containers[ScriptedEngine.Id(2)] = "vpn";
        engine.HidesInList = id => id == ScriptedEngine.Id(2);
        engine.Change = (id, answer) =>
        {
            if (id == ScriptedEngine.Id(1))
            {
                answer["HostConfig"] = new JsonObject { ["NetworkMode"] = $"container:{ScriptedEngine.Id(2)}" };
            }
            else
            {
                answer["State"] = new JsonObject { ["Status"] = "exited" };
            }
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        var snapshot = await watch.NextAsync();

        Assert.Equal(["qb"], snapshot.Containers.Select(container => container.Name));
        Assert.Equal("vpn", snapshot.FindEnded(snapshot.Containers[0].NetworkContainer!)?.Name);
    }

    [Fact]
    public async Task A_container_with_labels_in_capitals_is_listed_so_that_it_can_be_warned_of()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        engine.Change = (_, answer) => answer["Labels"] = new JsonObject { ["Dovetail.Name"] = "web" };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        Assert.Single((await watch.NextAsync()).Containers);
    }

    [Theory]
    [InlineData(500, "{\"message\":\"boom\"}", 2)]
    [InlineData(200, "garbage", 2)]
    [InlineData(404, "{\"message\":\"No such container\"}", 1)]
    public async Task A_bad_answer_about_one_container_spares_the_others(int status, string body, int containers)
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "odd";
        engine.Containers[ScriptedEngine.Id(2)] = "web";
        engine.Interfere = async context =>
        {
            if (!context.Request.Path.Value!.Contains(ScriptedEngine.Id(1), StringComparison.Ordinal))
            {
                return false;
            }

            context.Response.StatusCode = status;
            await context.Response.WriteAsync(body);
            return true;
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        var snapshot = await watch.NextAsync();

        Assert.Equal(containers, snapshot.Containers.Count);
        Assert.Contains(snapshot.Containers, container => container.Name == "web");
    }

    [Theory]
    [InlineData("Created", "\"yesterday\"")]
    [InlineData("Created", "[]")]
    [InlineData("SizeRw", "\"1 GB\"")]
    [InlineData("Mounts", "7")]
    [InlineData("Image", "{}")]
    [InlineData("Health", "\"healthy\"")]
    public async Task An_odd_value_that_nobody_needs_hides_no_container(string field, string value)
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "odd";
        engine.Containers[ScriptedEngine.Id(2)] = "web";
        engine.Change = (id, answer) =>
        {
            if (id == ScriptedEngine.Id(1))
            {
                answer[field] = JsonNode.Parse(value);
            }
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        var snapshot = await watch.NextAsync();

        Assert.Equal(["odd", "web"], snapshot.Containers.Select(container => container.Name));
        Assert.Null(watch.Watcher.Health.LastError);
    }

    [Theory]
    [InlineData("Names", "7")]
    [InlineData("Labels", "[\"dovetail.name=web\"]")]
    [InlineData("State", "{}")]
    [InlineData("HostConfig", "\"default\"")]
    public async Task An_odd_value_that_is_needed_is_named_and_changes_nothing(string field, string value)
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);
        await watch.NextAsync();
        await Eventually.TrueAsync(() => engine.Subscribers == 1, "the subscription");

        engine.Containers[ScriptedEngine.Id(2)] = "odd";
        engine.Change = (id, answer) =>
        {
            if (id == ScriptedEngine.Id(2))
            {
                answer[field] = JsonNode.Parse(value);
            }
        };
        engine.Send();
        await Eventually.TrueAsync(() => watch.Logged(LogLevel.Warning).Count > 0, "the warning");

        var error = watch.Watcher.Health.LastError!;
        Assert.Contains("its answer to GET /containers/json cannot be read", error, StringComparison.Ordinal);
        Assert.Contains($"$[1].{field}", error, StringComparison.Ordinal);
        engine.Change = (_, _) => { };
        Assert.Equal(2, (await watch.NextAsync()).Containers.Count);
    }

    [Fact]
    public async Task An_odd_value_in_the_details_of_one_container_is_named_and_spares_the_others()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "odd";
        engine.Containers[ScriptedEngine.Id(2)] = "web";
        engine.Change = (id, answer) =>
        {
            if (id == ScriptedEngine.Id(1) && answer.ContainsKey("Config"))
            {
                answer["Config"]!["Labels"] = 7;
            }
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        Assert.Equal(["odd", "web"], (await watch.NextAsync()).Containers.Select(container => container.Name));
        Assert.Contains("container odd: ", watch.Watcher.Health.LastError!, StringComparison.Ordinal);
        Assert.Contains("$.Config.Labels", watch.Watcher.Health.LastError!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_is_garbage_is_asked_for_again()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        var bad = 3;
        engine.Interfere = async context =>
        {
            if (!context.Request.Path.Value!.EndsWith("/containers/json", StringComparison.Ordinal) || Interlocked.Decrement(ref bad) < 0)
            {
                return false;
            }

            await context.Response.WriteAsync("[{\"Id\":");
            return true;
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        Assert.Single((await watch.NextAsync()).Containers);
        Assert.Single(watch.Logged(LogLevel.Warning));
    }

    [Fact]
    public async Task A_name_in_DOVETAIL_CONTAINER_that_nobody_has_is_said_and_stops_nothing()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        await using var watch = new Watch(engine.Endpoint, Watch.Patient with { Container = "dovetale" });

        Assert.Single((await watch.NextAsync()).Containers);
        Assert.Contains("DOVETAIL_CONTAINER=dovetale names no container", watch.Watcher.Health.LastError!, StringComparison.Ordinal);
    }
}
