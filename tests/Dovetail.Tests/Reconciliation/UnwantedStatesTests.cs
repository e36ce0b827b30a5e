using Dovetail.Docker;
using Dovetail.Reconciliation;
using Dovetail.Services.Model;
using Dovetail.Tests.Docker;
using Dovetail.Tests.Nodes.Fakes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Reconciliation;

public sealed class UnwantedStatesTests : ReconcilerTest
{
    [Fact]
    public async Task What_no_container_names_is_unwanted_in_the_order_of_names()
    {
        Nodes.States["old"] = Nodes.States["gone"] = Nodes.States["web"] = true;
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        await StartListedAsync();

        Assert.Equal(["gone", "old"], await NamesAsync(engine));
        // Every state of a container is asked for, not only those that run.
        Assert.DoesNotContain(engine.Requests, path => path.Contains("running", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_container_that_is_refused_wants_its_state_all_the_same()
    {
        Nodes.States["web"] = true;
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        engine.Change = (_, entry) =>
        {
            entry["State"] = "exited";
            entry["Labels"]!["dovetail.scheme"] = "gopher";
        };
        await StartListedAsync();

        Assert.Empty(await NamesAsync(engine));
    }

    [Theory]
    [InlineData("dovetail.enable", "maybe")]
    [InlineData("dovetail.services.b.name", "web")]
    public async Task A_container_that_is_refused_as_a_whole_wants_what_its_labels_name(string label, string value)
    {
        Nodes.States["web"] = Nodes.States["gone"] = true;
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        engine.Change = (_, entry) => entry["Labels"]![label] = value;
        await StartListedAsync();

        Assert.Equal(["gone"], await NamesAsync(engine));
    }

    [Fact]
    public async Task A_service_of_a_swarm_wants_its_state_though_it_has_no_task()
    {
        Nodes.States["web"] = Nodes.States["gone"] = true;
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Answers["/info"] = """{"Swarm":{"NodeID":"n1","LocalNodeState":"active","ControlAvailable":true}}""";
        engine.Answers["/services"] = """[{"ID":"s1","Spec":{"Name":"shop_web","Labels":{"dovetail.name":"web"}}}]""";
        await StartListedAsync();

        Assert.Equal(["gone"], await NamesAsync(engine));
    }

    [Fact]
    public async Task What_the_services_of_a_swarm_want_is_not_known_where_they_are_not_shown()
    {
        Nodes.States["old"] = true;
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Answers["/info"] = """{"Swarm":{"NodeID":"n1","LocalNodeState":"active","ControlAvailable":true}}""";
        engine.Containers[ScriptedEngine.Id(1)] = "task";
        engine.Change = (_, entry) => entry["Labels"]!["com.docker.swarm.service.id"] = "s1";
        await StartListedAsync();
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        var (states, problem) = await Of(client).FindAsync(Cancellation);

        Assert.Empty(states);
        Assert.Contains("not known without Docker", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_in_its_grace_period_and_a_directory_that_is_no_service_are_left_alone()
    {
        Nodes.States["lost+found"] = true;
        await using var engine = await ScriptedEngine.StartedAsync();
        await StartAsync(Container("web"));
        await HasAsync("web: begun");
        List();
        await HasAsync("web: update to 0");

        Assert.Empty(await NamesAsync(engine));
    }

    [Fact]
    public async Task Without_a_listing_or_an_engine_it_is_not_known()
    {
        Nodes.States["old"] = true;
        await using var engine = await ScriptedEngine.StartedAsync();
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);
        await StartAsync();
        var before = await Of(client).FindAsync(Cancellation);

        List();
        await TestClock.UntilAsync(() => Reconciler.Report().LastReconciled is not null);
        engine.Interfere = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.FromResult(true);
        };
        var refused = await Of(client).FindAsync(Cancellation);

        Assert.Empty(before.States);
        Assert.Contains("have not been listed yet", before.Problem, StringComparison.Ordinal);
        Assert.Empty(refused.States);
        Assert.Contains("not known without Docker", refused.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_engines_all_are_asked_and_none_may_be_missing()
    {
        Nodes.States["far"] = Nodes.States["old"] = true;
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var nas = new ScriptedEngine();
        nas.Containers[ScriptedEngine.Id(1)] = "far";
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);
        var log = new FakeLogger<DockerWatcher>();
        var home = new DockerWatcher(client, Watch.Patient, TimeProvider.System, new Random(1), log);
        using var further = new FurtherEngines(
            [nas.Endpoint with { Engine = "nas" }], home, Watch.Patient, TimeProvider.System, new Random(1), log);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var watching = ReadAsync();
        await StartListedAsync();
        var states = new UnwantedStates(Reconciler, client, Nodes, new ServiceOptions(), further);

        var before = await states.FindAsync(Cancellation);
        await nas.StartAsync();
        await Eventually.TrueAsync(() => further.Health[0].Health.Connected, "nas to be listed");
        var (known, problem) = await states.FindAsync(Cancellation);
        await nas.StopAsync();
        await Eventually.TrueAsync(() => !further.Health[0].Health.Connected, "nas to be away");
        var after = await states.FindAsync(Cancellation);

        Assert.StartsWith(
            "It is not known which states are wanted until the Engine nas has been listed: ", before.Problem, StringComparison.Ordinal);
        Assert.Null(problem);
        Assert.Equal("old", Assert.Single(known).Name);
        Assert.StartsWith("Which states are wanted is not known without the Engine nas: ", after.Problem, StringComparison.Ordinal);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);

        async Task ReadAsync()
        {
            await foreach (var _ in further.WatchAsync(stop.Token))
            {
                // The watchers watch while somebody reads.
            }
        }
    }

    private async Task<IEnumerable<string>> NamesAsync(ScriptedEngine engine)
    {
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);
        var (states, problem) = await Of(client).FindAsync(Cancellation);
        Assert.Null(problem);
        return states.Select(state => state.Name);
    }

    private UnwantedStates Of(DockerClient client) => new(Reconciler, client, Nodes, new ServiceOptions());
}
