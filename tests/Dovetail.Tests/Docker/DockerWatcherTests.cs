using System.Diagnostics;
using Dovetail.Docker;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dovetail.Tests.Docker;

public sealed class DockerWatcherTests
{
    private static readonly DockerWatcherOptions Patient = new()
    {
        Container = "none",
        ResyncInterval = TimeSpan.FromHours(1),
        InspectTimeout = TimeSpan.FromSeconds(20),
        MinReconnectDelay = TimeSpan.FromMilliseconds(20),
        MaxReconnectDelay = TimeSpan.FromMilliseconds(200),
    };

    [Fact]
    public async Task The_first_listing_and_then_each_change_are_reported()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine, Patient);

        Assert.Empty((await watch.NextAsync()).Containers);
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        engine.Send();
        Assert.Equal("web", Assert.Single((await watch.NextAsync()).Containers).Name);
        engine.Containers.Clear();
        engine.Send();
        Assert.Empty((await watch.NextAsync()).Containers);
    }

    [Fact]
    public async Task Events_are_subscribed_to_before_the_first_listing()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine, Patient);
        await watch.NextAsync();

        var asked = engine.Requests.Select(path => path.Split('?')[0]).ToArray();
        Assert.Equal(["/version", "/v1.41/events", "/v1.41/containers/json"], asked);
    }

    [Fact]
    public async Task A_change_while_the_listing_runs_makes_for_another()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        var changed = 0;
        engine.Interfere = async context =>
        {
            if (context.Request.Path.Value!.EndsWith("/containers/json", StringComparison.Ordinal) && Interlocked.Exchange(ref changed, 1) == 0)
            {
                await Eventually.TrueAsync(() => engine.Subscribers == 1, "the subscription");
                await context.Response.WriteAsync("[]");
                engine.Containers[ScriptedEngine.Id(1)] = "web";
                engine.Send();
                return true;
            }

            return false;
        };
        await using var watch = new Watch(engine, Patient);

        await watch.NextAsync(snapshot => snapshot.Containers.Count == 1);
    }

    [Fact]
    public async Task A_listing_that_changed_nothing_is_not_reported()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine, Patient with { ResyncInterval = TimeSpan.FromMilliseconds(20) });
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
        await using var watch = new Watch(engine, Patient with { ResyncInterval = TimeSpan.FromMilliseconds(100) });
        await watch.NextAsync();

        engine.Containers[ScriptedEngine.Id(1)] = "web";

        Assert.Single((await watch.NextAsync()).Containers);
    }

    [Fact]
    public async Task A_burst_of_events_makes_few_listings()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine, Patient with { QuietPeriod = TimeSpan.FromSeconds(1), MaxQuietWait = TimeSpan.FromSeconds(5) });
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
        await using var watch = new Watch(engine, Patient with { QuietPeriod = TimeSpan.FromMinutes(10), MaxQuietWait = TimeSpan.FromMilliseconds(250) });
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
        await using var watch = new Watch(engine, Patient);
        await Eventually.TrueAsync(() => watch.Watcher.Health.LastError is not null, "the first failure");
        Assert.False(watch.Watcher.Health.Connected);
        Assert.Contains("does not exist", watch.Watcher.Health.LastError!, StringComparison.Ordinal);

        engine.Containers[ScriptedEngine.Id(1)] = "web";
        await engine.StartAsync();
        Assert.Single((await watch.NextAsync()).Containers);
        Assert.True(watch.Watcher.Health is { Connected: true, LastError: null, LastListing: not null, Engine: "99.0", ApiVersion: "1.41" }, $"{watch.Watcher.Health}");

        await engine.StopAsync();
        await Eventually.TrueAsync(() => watch.Log.Of(LogLevel.Warning).Count == 2, "the second warning");
        await Eventually.TrueAsync(() => !watch.Watcher.Health.Connected, "the health");

        // Another engine, as after an upgrade.
        (engine.ApiVersion, engine.MinApiVersion) = ("1.52", "1.44");
        engine.Containers[ScriptedEngine.Id(2)] = "db";
        await engine.StartAsync();
        Assert.Equal(2, (await watch.NextAsync()).Containers.Count);
        Assert.Equal("1.44", watch.Watcher.Health.ApiVersion);

        Assert.All(watch.Log.Of(LogLevel.Warning), line => Assert.StartsWith("Docker is away", line, StringComparison.Ordinal));
        Assert.Equal(2, watch.Log.Of(LogLevel.Warning).Count);
        Assert.Equal(2, watch.Log.Of(LogLevel.Information).Count(line => line.Contains("is back", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_event_stream_that_ends_or_breaks_is_opened_again_without_alarm(bool garbage)
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine, Patient);
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

        await Eventually.TrueAsync(() => engine.Requests.Count(path => path.Contains("/events", StringComparison.Ordinal)) >= 2 && engine.Subscribers >= 1, "the next subscription");
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        engine.Send();

        Assert.Single((await watch.NextAsync()).Containers);
        Assert.Empty(watch.Log.Of(LogLevel.Warning));
    }

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
        await using var watch = new Watch(engine, Patient with { InspectTimeout = TimeSpan.FromSeconds(1) });

        var snapshot = await watch.NextAsync();

        Assert.Equal(["stuck", "web"], snapshot.Containers.Select(container => container.Name));
        Assert.Equal("172.17.0.2", Assert.Single(snapshot.Containers[0].Networks).IPv4);
        Assert.Equal([80], snapshot.Containers[0].ExposedTcpPorts);
        Assert.Contains("container stuck: The Docker Engine", Assert.Single(watch.Log.Of(LogLevel.Warning)), StringComparison.Ordinal);
        Assert.True(watch.Watcher.Health.Connected);
    }

    [Fact]
    public async Task A_container_whose_details_come_no_more_keeps_its_place_in_the_order_of_creation()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        await using var watch = new Watch(engine, Patient);
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
        await using var watch = new Watch(engine, Patient);

        var snapshot = await watch.NextAsync();

        Assert.Equal(containers, snapshot.Containers.Count);
        Assert.Contains(snapshot.Containers, container => container.Name == "web");
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
        await using var watch = new Watch(engine, Patient);

        Assert.Single((await watch.NextAsync()).Containers);
        Assert.Single(watch.Log.Of(LogLevel.Warning));
    }

    [Fact]
    public async Task A_name_in_DOVETAIL_CONTAINER_that_nobody_has_is_said_and_stops_nothing()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        await using var watch = new Watch(engine, Patient with { Container = "dovetale" });

        Assert.Single((await watch.NextAsync()).Containers);
        Assert.Contains("DOVETAIL_CONTAINER=dovetale names no container", watch.Watcher.Health.LastError!, StringComparison.Ordinal);
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
        var watch = new Watch(engine, Patient);
        await Eventually.TrueAsync(() => !engine.Requests.IsEmpty, "the first call");

        var clock = Stopwatch.StartNew();
        await watch.DisposeAsync();

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(3), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task A_second_reader_is_refused()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        await using var watch = new Watch(engine, Patient);
        await watch.NextAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var _ in watch.Watcher.WatchAsync(TestContext.Current.CancellationToken))
            {
            }
        });
    }
}
