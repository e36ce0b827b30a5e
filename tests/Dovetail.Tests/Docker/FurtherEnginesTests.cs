using Dovetail.Containers;
using Dovetail.Docker;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Docker;

public sealed class FurtherEnginesTests : IAsyncDisposable
{
    private readonly ScriptedEngine _home = new();
    private readonly ScriptedEngine _nas = new();
    private readonly FakeLogger<DockerWatcher> _log = new();
    private readonly DockerClient _client;
    private readonly DockerWatcher _watcher;
    private readonly FurtherEngines _further;
    private readonly IAsyncEnumerator<ContainerSnapshot> _snapshots;

    public FurtherEnginesTests()
    {
        _client = new DockerClient(_home.Endpoint, TimeProvider.System);
        _watcher = new DockerWatcher(_client, Watch.Patient, TimeProvider.System, new Random(1), _log);
        _further = new FurtherEngines(
            [_nas.Endpoint with { Engine = "nas" }], _watcher, Watch.Patient, TimeProvider.System, new Random(1), _log);
        _snapshots = _further.WatchAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_both_list_is_one_and_a_change_in_either_is_seen()
    {
        _home.Containers[ScriptedEngine.Id(1)] = "web";
        _nas.Containers[ScriptedEngine.Id(2)] = "web";
        await _home.StartAsync();
        await _nas.StartAsync();

        Assert.Equal(["nas/web", "web"], TitlesIn(await NextAsync()));

        _nas.Containers[ScriptedEngine.Id(3)] = "api";
        _nas.Send();
        Assert.Equal(["nas/api", "nas/web", "web"], TitlesIn(await NextAsync()));
        Assert.True(_further.Health.All(engine => engine is { Name: "nas", Health.Connected: true }));
    }

    [Fact]
    public async Task One_that_is_away_from_the_start_holds_up_no_other_and_is_named()
    {
        _home.Containers[ScriptedEngine.Id(1)] = "web";
        _nas.Containers[ScriptedEngine.Id(2)] = "far";
        await _home.StartAsync();

        var alone = await NextAsync();
        await _nas.StartAsync();
        var both = await NextAsync();

        Assert.Equal(["web"], TitlesIn(alone));
        Assert.Equal(["the Docker Engine nas"], alone.Unlisted);
        Assert.Equal(["nas/far", "web"], TitlesIn(both));
        Assert.Empty(both.Unlisted);
        Assert.Contains(
            _log.Collector.GetSnapshot(), line => line.Message.StartsWith("Docker Engine nas is away", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_last_listing_of_one_that_goes_away_goes_on_counting_and_the_other_is_followed()
    {
        _home.Containers[ScriptedEngine.Id(1)] = "web";
        _nas.Containers[ScriptedEngine.Id(2)] = "far";
        await _home.StartAsync();
        await _nas.StartAsync();
        await NextAsync();

        await _nas.StopAsync();
        _home.Containers[ScriptedEngine.Id(3)] = "new";
        _home.Send();

        Assert.Equal(["nas/far", "new", "web"], TitlesIn(await NextAsync()));
        await Eventually.TrueAsync(() => _further.Health[0].Health is { Connected: false, LastListing: not null }, "nas to be away");
        Assert.True(_watcher.Health.Connected);
    }

    [Fact]
    public async Task One_that_takes_calls_and_never_answers_holds_up_no_other()
    {
        _home.Containers[ScriptedEngine.Id(1)] = "web";
        _nas.Interfere = async context =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };
        await _home.StartAsync();
        await _nas.StartAsync();

        Assert.Equal(["web"], TitlesIn(await NextAsync()));
    }

    [Fact]
    public async Task An_order_goes_to_the_Engine_of_the_container()
    {
        _nas.Containers[ScriptedEngine.Id(2)] = "far";
        await _home.StartAsync();
        await _nas.StartAsync();
        var orders = new ContainerOrders(_client, _further);
        var far = new Container { Id = ScriptedEngine.Id(2), Name = "far", Engine = "nas" };

        Assert.Equal("nas/far", Assert.Single(await orders.ListAsync(far, TestContext.Current.CancellationToken)).Title);
        Assert.Equal("nas", (await orders.FindAsync(far, TestContext.Current.CancellationToken))?.Engine);
        Assert.Empty(await orders.ListAsync(far with { Engine = null }, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<DockerException>(
            () => orders.StartAsync(far with { Engine = "gone" }, TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await _snapshots.DisposeAsync();
        _further.Dispose();
        _client.Dispose();
        await _home.DisposeAsync();
        await _nas.DisposeAsync();
    }

    private static string[] TitlesIn(ContainerSnapshot snapshot) =>
        [.. snapshot.Containers.Select(container => container.Title).Order(StringComparer.Ordinal)];

    private async Task<ContainerSnapshot> NextAsync()
    {
        Assert.True(await _snapshots.MoveNextAsync().AsTask().WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken));
        return _snapshots.Current;
    }
}
