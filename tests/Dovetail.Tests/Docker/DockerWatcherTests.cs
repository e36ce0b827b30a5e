using System.Diagnostics;
using Dovetail.Docker;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dovetail.Tests.Docker;

public sealed class DockerWatcherTests
{
    [Fact]
    public async Task The_first_listing_and_then_each_change_are_reported()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        Assert.Empty((await watch.NextAsync()).Containers);
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        engine.Send();
        Assert.Equal("web", Assert.Single((await watch.NextAsync()).Containers).Name);
        engine.Containers.Clear();
        engine.Send();
        Assert.Empty((await watch.NextAsync()).Containers);
    }

    [Fact]
    public async Task Where_there_is_to_be_no_engine_there_are_no_containers_and_nothing_is_asked_for()
    {
        var (none, errors) = DockerEndpoint.Parse("none", null, null);
        await using var watch = new Watch(none!, Watch.Patient);

        Assert.Empty((await watch.NextAsync()).Containers);
        Assert.Empty(errors);
        Assert.Equal("none", none!.ToString());
        Assert.True(watch.Watcher.Health is { IsNone: true, Connected: false, LastError: null });
        Assert.Empty(watch.Log.Collector.GetSnapshot());
    }

    [Fact]
    public async Task Events_are_subscribed_to_before_the_first_listing()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);
        await watch.NextAsync();

        var asked = engine.Requests.Select(path => path.Split('?')[0]).ToArray();
        Assert.Equal(["/version", "/v1.41/events", "/v1.41/containers/json"], asked[..3]);
    }

    [Fact]
    public async Task A_change_while_the_listing_runs_makes_for_another()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        var changed = 0;
        engine.Interfere = async context =>
        {
            var isList = context.Request.Path.Value!.EndsWith("/containers/json", StringComparison.Ordinal);
            if (isList && Interlocked.Exchange(ref changed, 1) == 0)
            {
                await Eventually.TrueAsync(() => engine.Subscribers == 1, "the subscription");
                await context.Response.WriteAsync("[]");
                engine.Containers[ScriptedEngine.Id(1)] = "web";
                engine.Send();
                return true;
            }

            return false;
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);

        await watch.NextAsync(snapshot => snapshot.Containers.Count == 1);
    }

    [Fact]
    public async Task A_listing_that_changed_nothing_is_not_reported()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine.Endpoint, Watch.Patient with { ResyncInterval = TimeSpan.FromMilliseconds(20) });
        await watch.NextAsync();
        var listings = engine.Listings;
        await Eventually.TrueAsync(() => engine.Listings > listings + 5, "listings without a change");

        engine.Containers[ScriptedEngine.Id(1)] = "web";

        Assert.Single((await watch.NextAsync()).Containers);
    }

    [Fact]
    public async Task A_lost_event_heals_at_the_resync()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine.Endpoint, Watch.Patient with { ResyncInterval = TimeSpan.FromMilliseconds(100) });
        await watch.NextAsync();

        engine.Containers[ScriptedEngine.Id(1)] = "web";

        Assert.Single((await watch.NextAsync()).Containers);
    }

    [Fact]
    public async Task A_burst_of_events_makes_few_listings()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        var options = Watch.Patient with { QuietPeriod = TimeSpan.FromSeconds(1), MaxQuietWait = TimeSpan.FromSeconds(5) };
        await using var watch = new Watch(engine.Endpoint, options);
        await watch.NextAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";

        for (var i = 0; i < 200; i++)
        {
            engine.Send();
        }

        await watch.NextAsync();
        Assert.InRange(engine.Listings, 2, 4);
    }

    [Fact]
    public async Task A_storm_of_events_cannot_put_the_listing_off()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        var options = Watch.Patient with { QuietPeriod = TimeSpan.FromMinutes(10), MaxQuietWait = TimeSpan.FromMilliseconds(250) };
        await using var watch = new Watch(engine.Endpoint, options);
        await watch.NextAsync();
        using var stop = new CancellationTokenSource();
        var storm = Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    engine.Send();
                    await Task.Delay(5);
                }
            },
            TestContext.Current.CancellationToken);

        engine.Containers[ScriptedEngine.Id(1)] = "web";

        Assert.Single((await watch.NextAsync()).Containers);
        await stop.CancelAsync();
        await storm;
        Assert.Single(engine.Requests, "/version");
    }

    [Fact]
    public async Task An_engine_that_goes_away_and_comes_back_is_said_once_each()
    {
        await using var engine = new ScriptedEngine();
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);
        await Eventually.TrueAsync(() => watch.Watcher.Health.LastError is not null, "the first failure");
        Assert.False(watch.Watcher.Health.Connected);
        Assert.Contains("does not exist", watch.Watcher.Health.LastError!, StringComparison.Ordinal);

        engine.Containers[ScriptedEngine.Id(1)] = "web";
        await engine.StartAsync();
        Assert.Single((await watch.NextAsync()).Containers);
        var health = watch.Watcher.Health;
        Assert.True(health is { Connected: true, LastError: null, LastListing: not null, Engine: "99.0", ApiVersion: "1.41" }, $"{health}");

        await engine.StopAsync();
        await Eventually.TrueAsync(() => watch.Logged(LogLevel.Warning).Count == 2, "the second warning");
        await Eventually.TrueAsync(() => !watch.Watcher.Health.Connected, "the health");

        // Another engine, as after an upgrade.
        (engine.ApiVersion, engine.MinApiVersion) = ("1.52", "1.44");
        engine.Containers[ScriptedEngine.Id(2)] = "db";
        await engine.StartAsync();
        Assert.Equal(2, (await watch.NextAsync()).Containers.Count);
        Assert.Equal("1.44", watch.Watcher.Health.ApiVersion);

        Assert.All(watch.Logged(LogLevel.Warning), line => Assert.StartsWith("Docker is away", line, StringComparison.Ordinal));
        Assert.Equal(2, watch.Logged(LogLevel.Warning).Count);
        Assert.Equal(2, watch.Logged(LogLevel.Information).Count(line => line.Contains("is back", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_event_stream_that_ends_or_breaks_is_opened_again_without_alarm(bool garbage)
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);
        await watch.NextAsync();
        await Eventually.TrueAsync(() => engine.Subscribers == 1, "the subscription");

        if (garbage)
        {
            engine.Send("<html>");
        }
        else
        {
            engine.CutEvents();
        }

        await Eventually.TrueAsync(() => engine.Subscriptions >= 2 && engine.Subscribers >= 1, "the next subscription");
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        engine.Send();

        Assert.Single((await watch.NextAsync()).Containers);
        Assert.Empty(watch.Logged(LogLevel.Warning));
    }

    [Fact]
    public async Task Where_events_are_refused_the_containers_are_listed_all_the_same_and_a_warning_says_what_to_allow()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        var isAllowed = false;
        engine.Interfere = async context =>
        {
            var isRefused = context.Request.Path.Value!.EndsWith("/events", StringComparison.Ordinal) && !Volatile.Read(ref isAllowed);
            if (isRefused)
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                await context.Response.WriteAsync("<html><body><h1>403 Forbidden</h1>");
            }

            return isRefused;
        };
        var options = Watch.Patient with
        {
            ResyncInterval = TimeSpan.FromMilliseconds(100),
            EventsRetryInterval = TimeSpan.FromMilliseconds(100),
        };
        await using var watch = new Watch(engine.Endpoint, options);
        Assert.Empty((await watch.NextAsync()).Containers);

        engine.Containers[ScriptedEngine.Id(1)] = "web";
        Assert.Single((await watch.NextAsync()).Containers);

        await Eventually.TrueAsync(() => engine.Subscriptions > 4, "further attempts to subscribe");
        var warning = Assert.Single(watch.Logged(LogLevel.Warning));
        Assert.Contains("403 to GET /v1.41/events", warning, StringComparison.Ordinal);
        Assert.Contains("must allow", warning, StringComparison.Ordinal);
        Assert.Contains("EVENTS", warning, StringComparison.Ordinal);
        Assert.Contains("every 0.1 s", warning, StringComparison.Ordinal);
        Assert.True(watch.Watcher.Health.Connected);
        Assert.Contains("EVENTS", watch.Watcher.Health.LastError!, StringComparison.Ordinal);
        Assert.Single(engine.Requests, "/version");

        // Allowed again: said once, and seen without a resync.
        Volatile.Write(ref isAllowed, true);
        await Eventually.TrueAsync(() => watch.Watcher.Health.LastError is null, "the health");
        Assert.Single(watch.Logged(LogLevel.Information), line => line.StartsWith("Events come from Docker", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_engine_that_is_slow_to_take_the_subscription_is_listed_meanwhile_and_again_when_it_stands()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        var taken = new TaskCompletionSource();
        engine.Interfere = async context =>
        {
            if (context.Request.Path.Value!.EndsWith("/events", StringComparison.Ordinal))
            {
                await taken.Task;
            }

            return false;
        };
        await using var watch = new Watch(engine.Endpoint, Watch.Patient with { EventsPatience = TimeSpan.FromMilliseconds(50) });
        Assert.Empty((await watch.NextAsync()).Containers);
        await Eventually.TrueAsync(() => watch.Logged(LogLevel.Warning).Count == 1, "the warning");
        Assert.Contains("has not opened its event stream", watch.Logged(LogLevel.Warning)[0], StringComparison.Ordinal);

        // No event tells of this one: it came before the subscription.
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        taken.SetResult();

        Assert.Single((await watch.NextAsync()).Containers);
        Assert.Null(watch.Watcher.Health.LastError);
    }

    [Fact]
    public async Task Events_that_change_nothing_make_no_listing()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine.Endpoint, Watch.Patient with { QuietPeriod = TimeSpan.Zero });
        await watch.NextAsync();
        await Eventually.TrueAsync(() => engine.Subscribers == 1, "the subscription");

        for (var i = 0; i < 20; i++)
        {
            engine.Send("""{"Type":"container","Action":"exec_create: true","Actor":{"ID":"x"}}""");
            engine.Send("""{"Type":"image","Action":"pull","Actor":{"ID":"x"}}""");
        }

        engine.Containers[ScriptedEngine.Id(1)] = "web";
        engine.Send();
        Assert.Single((await watch.NextAsync()).Containers);

        Assert.Equal(2, engine.Listings);
    }

    [Fact]
    public async Task Watching_ends_at_once_when_told_even_in_the_middle_of_a_call()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = async context =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };
        var watch = new Watch(engine.Endpoint, Watch.Patient);
        await Eventually.TrueAsync(() => !engine.Requests.IsEmpty, "the first call");

        var clock = Stopwatch.StartNew();
        await watch.DisposeAsync();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task A_second_reader_is_refused()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine.Endpoint, Watch.Patient);
        await watch.NextAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var _ in watch.Watcher.WatchAsync(TestContext.Current.CancellationToken))
            {
            }
        });
    }
}
