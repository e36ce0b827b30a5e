using System.Globalization;
using Dovetail.Containers;
using Dovetail.Docker;
using Dovetail.Proxy.Upstreams;
using Dovetail.Services;
using Dovetail.Services.Files;
using Dovetail.Services.Model;
using Dovetail.Sleep;
using Dovetail.Tests.Nodes.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using static Dovetail.Tests.Services.SampleContainer;

namespace Dovetail.Tests.Sleep;

/// <summary>What is stopped and started, and when, with an Engine and a clock that are as the test says.</summary>
public sealed class SleeperTests : IAsyncDisposable
{
    private static readonly ServiceOptions Options = new() { AllowStart = true };
    private static readonly DateTimeOffset Once = DateTimeOffset.Parse("2026-01-01T00:00:00Z", CultureInfo.InvariantCulture);

    private readonly TestClock _clock = new();
    private readonly FakeOrders _orders = new();
    private readonly Sleeper _sleeper;
    private ServicesFile? _file;

    public SleeperTests()
    {
        var turns = new ProjectTurns();
        _sleeper = new Sleeper(
            new ContainerStarter(_orders, turns, _clock, NullLogger<ContainerStarter>.Instance),
            new ContainerStopper(_orders, turns, Options, NullLogger<ContainerStopper>.Instance),
            _clock,
            new Random(1),
            NullLogger<Sleeper>.Instance);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _sleeper.StopAsync(CancellationToken.None);
        _sleeper.Dispose();
    }

    [Fact]
    public async Task A_container_is_stopped_when_its_service_was_not_used_for_so_long_and_not_before()
    {
        await StartAsync(Web());
        var use = Use("web");
        await _clock.AdvanceByAsync(TimeSpan.FromMinutes(9));
        use.Enter();
        await _clock.AdvanceByAsync(TimeSpan.FromHours(2), TimeSpan.FromMinutes(1));
        Assert.Empty(_orders.Done);

        use.Leave();
        await _clock.AdvanceByAsync(TimeSpan.FromMinutes(9), TimeSpan.FromSeconds(10));
        Assert.Empty(_orders.Done);
        await StoppedAsync("stop web");

        // Requests wait until the listener knows that it is asleep.
        Assert.NotNull(use.Closing);
        var asleep = List();
        use.Served(asleep);
        Assert.Null(use.Closing);
        Assert.Equal("web", Assert.Single(asleep.Sleeping).ContainerName);
    }

    [Fact]
    public async Task A_container_of_two_services_sleeps_when_both_are_idle()
    {
        await StartAsync(
            Web("dovetail.services.admin.name=admin", "dovetail.services.admin.port=81", "dovetail.services.admin.sleep=20m"));
        Use("web");
        Use("admin").Enter();
        await _clock.AdvanceByAsync(TimeSpan.FromHours(1), TimeSpan.FromMinutes(1));
        Use("admin").Leave();

        await _clock.AdvanceByAsync(TimeSpan.FromMinutes(19), TimeSpan.FromSeconds(30));
        Assert.Empty(_orders.Done);
        await StoppedAsync("stop web");
    }

    [Theory]
    [InlineData("com.docker.compose.depends_on=web:service_started:false", null)]
    [InlineData(null, "container:web")]
    public async Task A_container_that_another_needs_goes_on(string? label, string? networkMode)
    {
        string[] labels = label is null ? [] : [label];
        var needy = Named("needy", 1, ["com.docker.compose.project=p", "com.docker.compose.service=needy", .. labels]);
        _orders.Add(needy with { NetworkMode = networkMode ?? "default" });
        await StartAsync(Web());
        var use = Use("web");

        await _clock.AdvanceByAsync(TimeSpan.FromMinutes(30), TimeSpan.FromSeconds(30));
        Assert.Empty(_orders.Done);
        Assert.Null(use.Closing);

        _orders.Add(needy with { State = ContainerState.Exited });
        await StoppedAsync("stop web");
    }

    [Fact]
    public async Task A_stop_that_fails_is_said_and_requests_go_on()
    {
        _orders.Interfere = static _ => throw new DockerException("Docker answered 403 to POST");
        var changed = 0;
        _sleeper.Changed = () => changed++;
        await StartAsync(Web());

        await _clock.AdvanceUntilAsync(() => changed > 0, TimeSpan.FromSeconds(30));

        Assert.Null(Use("web").Closing);
        Assert.Equal("container web: Docker answered 403 to POST", List().SleepFailure);
        _orders.Interfere = static _ => Task.CompletedTask;
        await StoppedAsync("stop web");
    }

    [Fact]
    public async Task However_many_ask_a_container_is_started_once_and_they_wait_until_it_runs()
    {
        await StartAsync(Web() with { State = ContainerState.Exited });
        var use = Use("web");
        use.Served(List());

        var woken = Enumerable.Range(0, 50).Select(_ => use.WakeAsync()).ToList();
        await TestClock.UntilAsync(() => _orders.Done.Count == 1);
        Assert.All(woken, task => Assert.False(task.IsCompleted));
        List();

        Assert.All(await Task.WhenAll(woken), Assert.True);
        Assert.True(use.IsWaking);
        Assert.True(await use.WakeAsync());
        Assert.Equal(["start web"], _orders.Done);
        Assert.Equal(new SleepCounts(0, 1, 0), _sleeper.Counts);
    }

    [Fact]
    public async Task One_that_another_has_stopped_just_now_is_left_alone_for_five_seconds()
    {
        await StartAsync(Web() with { State = ContainerState.Exited, FinishedAt = _clock.Now });

        var woken = Use("web").WakeAsync();
        await _clock.AdvanceByAsync(TimeSpan.FromSeconds(4));
        Assert.Empty(_orders.Done);
        // It was about to be removed.
        _orders.Containers.Clear();
        _sleeper.Observe(new ContainerSnapshot(), DesiredState.Empty);

        Assert.False(await woken);
        await _clock.AdvanceByAsync(TimeSpan.FromSeconds(3));
        Assert.Empty(_orders.Done);
    }

    [Fact]
    public async Task After_five_seconds_it_is_started()
    {
        await StartAsync(Web() with { State = ContainerState.Exited, FinishedAt = _clock.Now });

        var woken = Use("web").WakeAsync();
        await _clock.AdvanceByAsync(TimeSpan.FromSeconds(6));
        await TestClock.UntilAsync(() => _orders.Done.Count == 1);
        List();

        Assert.True(await woken);
        Assert.Equal(["start web"], _orders.Done);
    }

    [Fact]
    public async Task What_was_listed_before_a_stop_lets_no_request_go_to_the_stopped_container()
    {
        var before = Web();
        await StartAsync(before);
        var use = Use("web");
        await StoppedAsync("stop web");

        var snapshot = new ContainerSnapshot { Containers = [before] };
        use.Served(_sleeper.Observe(snapshot, DesiredState.From(snapshot, Options)).Services.Single());
        Assert.NotNull(use.Closing);

        use.Served(List());
        Assert.Null(use.Closing);
    }

    [Fact]
    public async Task A_start_that_nobody_wants_any_more_when_its_dependencies_are_ready_is_none()
    {
        var db = Named("db", 1, Of("db")) with { State = ContainerState.Exited, Health = ContainerHealth.Starting };
        _orders.Add(db);
        await StartAsync(Named("web", 0, [.. Labels, .. Of("web", "db:service_healthy:true")]) with { State = ContainerState.Exited });
        var woken = Use("web").WakeAsync();
        await _clock.AdvanceUntilAsync(() => !_orders.Done.IsEmpty);

        _sleeper.Observe(new ContainerSnapshot(), DesiredState.Empty);
        _orders.Add(_orders.Containers[db.Id] with { Health = ContainerHealth.Healthy });
        await _clock.AdvanceByAsync(TimeSpan.FromSeconds(5));

        Assert.False(await woken);
        Assert.Equal(["start db"], _orders.Done);
    }

    [Fact]
    public async Task A_start_that_fails_is_said_and_tried_again_ever_more_seldom()
    {
        _orders.Interfere = static _ => throw new DockerException("port is already allocated");
        await StartAsync(Web() with { State = ContainerState.Exited });
        var use = Use("web");

        Assert.False(await use.WakeAsync());
        Assert.Equal("port is already allocated", List().Sleeping[0].Failure);
        for (var request = 0; request < 100; request++)
        {
            Assert.False(await use.WakeAsync());
        }

        Assert.Equal(1, _sleeper.Counts.Starts);
        await _clock.AdvanceByAsync(TimeSpan.FromSeconds(3));
        Assert.False(await use.WakeAsync());
        Assert.Equal(2, _sleeper.Counts.Starts);
        await _clock.AdvanceByAsync(TimeSpan.FromSeconds(2));
        Assert.False(await use.WakeAsync());
        Assert.Equal(2, _sleeper.Counts.Starts);

        _orders.Interfere = static _ => Task.CompletedTask;
        await _clock.AdvanceByAsync(TimeSpan.FromSeconds(10));
        var woken = use.WakeAsync();
        await TestClock.UntilAsync(() => _orders.Done.Count == 1);
        Assert.Empty(List().Sleeping);
        Assert.True(await woken);
    }

    [Fact]
    public async Task One_that_ends_right_after_its_start_is_a_start_that_failed()
    {
        await StartAsync(Web() with { State = ContainerState.Exited });
        var woken = Use("web").WakeAsync();
        await TestClock.UntilAsync(() => _orders.Done.Count == 1);

        // It has run and ended before anybody looked.
        var ran = _orders.Containers.Values.Single();
        _orders.Add(ran with { State = ContainerState.Exited, ExitCode = 7 });
        List();

        Assert.False(await woken);
        Assert.Equal("it ended right after its start (exit code 7)", List().Sleeping[0].Failure);
        Assert.False(await Use("web").WakeAsync());
        Assert.Equal(["start web"], _orders.Done);
    }

    [Fact]
    public async Task A_request_that_comes_while_it_is_stopped_waits_and_starts_it_again()
    {
        var stop = new TaskCompletionSource();
        _orders.Interfere = what => what == "stop web" ? stop.Task : Task.CompletedTask;
        await StartAsync(Web());
        var use = Use("web");
        await _clock.AdvanceUntilAsync(() => use.Closing is not null, TimeSpan.FromSeconds(30));

        use.Enter();
        // A listing of before changes nothing.
        use.Served(List());
        Assert.NotNull(use.Closing);
        stop.SetResult();
        await TestClock.UntilAsync(() => _orders.Done.Count == 1);
        use.Served(List());
        Assert.Null(use.Closing);
        var woken = use.WakeAsync();
        await TestClock.UntilAsync(() => _orders.Done.Count == 2);
        List();

        Assert.True(await woken);
        Assert.Equal(["stop web", "start web"], _orders.Done);
    }

    // Podman lists it as exited before it has answered.
    [Fact]
    public async Task A_stop_that_is_listed_before_the_Engine_has_answered_is_no_failed_start_and_is_over_before_the_next()
    {
        var web = Named("web", 0, "dovetail.name=web", "dovetail.port=80", "dovetail.sleep=2s");
        await StartAsync(web with { State = ContainerState.Exited });
        var woken = Use("web").WakeAsync();
        await _clock.AdvanceUntilAsync(() => _orders.Done.Count == 1);
        List();
        Assert.True(await woken);
        var stop = new TaskCompletionSource();
        _orders.Interfere = what => what == "stop web" ? stop.Task : Task.CompletedTask;
        var use = Use("web");
        await _clock.AdvanceUntilAsync(() => use.Closing is not null, TimeSpan.FromSeconds(1));

        _orders.Add(web with { State = ContainerState.Exited, ExitCode = 137 });
        var asleep = List();
        use.Served(asleep);
        Assert.Null(Assert.Single(asleep.Sleeping).Failure);
        var again = use.WakeAsync();
        await _clock.AdvanceByAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(["start web"], _orders.Done);

        stop.SetResult();
        await TestClock.UntilAsync(() => _orders.Done.Count == 3);
        List();
        Assert.True(await again);
        Assert.Equal(["start web", "stop web", "start web"], _orders.Done);
    }

    [Fact]
    public async Task Dependencies_are_started_in_order_and_waited_for_as_the_file_says()
    {
        var db = Named("db", 1, [.. Of("db", "seed:service_completed_successfully:false"), "dovetail.sleep=1h"]) with
        {
            State = ContainerState.Exited,
            Health = ContainerHealth.Starting,
        };
        var seed = Named("seed", 2, Of("seed")) with { State = ContainerState.Exited, ExitCode = 0 };
        _orders.Add(db, seed, Named("stranger", 3, "com.docker.compose.project=other", "com.docker.compose.service=db"));
        await StartAsync(Named("web", 0, [.. Labels, .. Of("web", "db:service_healthy:true,none:service_started:false")]) with
        {
            State = ContainerState.Exited,
        });

        var woken = Use("web").WakeAsync();
        await _clock.AdvanceUntilAsync(() => !_orders.Done.IsEmpty);
        await _clock.AdvanceByAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(["start db"], _orders.Done);
        _orders.Add(_orders.Containers[db.Id] with { Health = ContainerHealth.Healthy });
        await _clock.AdvanceUntilAsync(() => _orders.Done.Count == 2);
        List();

        Assert.True(await woken);
        Assert.Equal(["start db", "start web"], _orders.Done);
        await _clock.AdvanceUntilAsync(() => _orders.Done.Count == 4, TimeSpan.FromSeconds(30));
        // Its own label lets the one be stopped too.
        Assert.Equal(["stop web", "stop db"], _orders.Done.Skip(2));
    }

    [Fact]
    public async Task A_dependency_that_a_services_file_serves_goes_on()
    {
        _orders.Add(Named("db", 1, [.. Of("db"), "dovetail.sleep=1h"]));
        _file = ServicesFileReader.Read("services: {pg: {container: db, port: 80}}", new ServicesFile("/s.yaml"), "dovetail");
        await StartAsync(Named("web", 0, [.. Labels, .. Of("web", "db:service_started:false")]));

        await StoppedAsync("stop web");
        await _clock.AdvanceByAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(["stop web"], _orders.Done);
    }

    [Fact]
    public async Task A_dependency_that_is_just_being_stopped_is_started_again_before_the_container_that_needs_it()
    {
        var stop = new TaskCompletionSource();
        _orders.Interfere = what => what == "stop db" ? stop.Task : Task.CompletedTask;
        _orders.Add(Named("db", 1, [.. Of("db"), "dovetail.sleep=1h"]));
        await StartAsync(Named("web", 0, [.. Labels, .. Of("web", "db:service_started:false")]));
        await StoppedAsync("stop web");
        List();

        var woken = Use("web").WakeAsync();
        await _clock.AdvanceByAsync(TimeSpan.FromSeconds(8));
        Assert.Equal(["stop web"], _orders.Done);
        stop.SetResult();
        await TestClock.UntilAsync(() => _orders.Done.Count == 4);
        List();

        Assert.True(await woken);
        Assert.Equal(["stop web", "stop db", "start db", "start web"], _orders.Done);
    }

    private static readonly string[] Labels = ["dovetail.name=web", "dovetail.port=80", "dovetail.sleep=10m"];

    private static string[] Of(string service, string? dependsOn = null) =>
    [
        "com.docker.compose.project=p", $"com.docker.compose.service={service}",
        .. dependsOn is null ? [] : (string[])[$"com.docker.compose.depends_on={dependsOn}"],
    ];

    private static Container Web(params string[] labels) =>
        Named("web", 0, [.. Labels, .. Of("web"), .. labels]) with { StartedAt = Once, FinishedAt = Once };

    private ServiceUse Use(string service) => (ServiceUse)((IServiceUses)_sleeper).Of(service);

    private async Task StartAsync(Container container)
    {
        _orders.Add(container);
        List();
        await _sleeper.StartAsync(Cancellation);
    }

    /// <summary>Lets the sleeper see the Engine as it is now.</summary>
    private ServiceSpec List()
    {
        var all = _orders.Containers.Values
            .Where(container => container.Labels.Any(label => label.Key == "dovetail.name") || _file?.Containers.Covers(container) == true)
            .ToList();
        var snapshot = new ContainerSnapshot
        {
            Containers = [.. all.Where(container => container.State == ContainerState.Running)],
            Asleep = [.. all.Where(container => container.State == ContainerState.Exited)],
        };
        return _sleeper.Observe(snapshot, DesiredState.From(snapshot, Options, _file), _file).Services.Single(service => service.Name == "web");
    }

    private async Task StoppedAsync(string order)
    {
        await _clock.AdvanceUntilAsync(() => !_orders.Done.IsEmpty, TimeSpan.FromSeconds(30));
        Assert.Equal([order], _orders.Done);
    }
}
