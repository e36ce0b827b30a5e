using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Docker;

/// <summary>The Engine is stopped, as by an update of Docker, and started again. Its containers go on meanwhile.</summary>
[Collection(MeasuredTests.Name)]
public sealed class EngineAwayTests(StoppableEngine engine) : EndToEndTest(engine), IClassFixture<StoppableEngine>
{
    [Fact(Timeout = 300_000)]
    public async Task Containers_that_go_on_are_served_without_a_failed_request_and_those_that_changed_are_seen_afterwards()
    {
        var away = TimeSpan.FromSeconds(TestSettings.Full ? 30 : 15);
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        string[] unchanged = ["one", "two", "three"];
        foreach (var service in unchanged)
        {
            await RunServiceAsync(service, $"Hello of {service}");
        }

        var gone = await RunServiceAsync("gone");
        var replaced = await RunServiceAsync("replaced");
        var restarted = await RunContainerAsync(
            new Dictionary<string, string> { ["name"] = "restarted", ["port"] = "80" }, options: ["--restart", "always"]);
        foreach (var service in (string[])[.. unchanged, "gone", "replaced", "restarted"])
        {
            await daemon.ReadyAsync(service);
        }

        int[] ended = [await ProcessOfAsync(gone), await ProcessOfAsync(replaced), await ProcessOfAsync(restarted)];
        await using var load = new SteadyLoad(peer, unchanged, TimeSpan.FromMilliseconds(20), page: service => $"Hello of {service} ");

        await engine.StopAsync();
        var stopped = System.Diagnostics.Stopwatch.GetTimestamp();
        await daemon.StatusAsync(status => !status.Docker.Connected, "Docker to be away", TimeSpan.FromSeconds(60));
        // What changes while nobody can tell.
        Assert.All(ended, process => Signals.Send(process, Signals.Kill));
        await Eventually.GetAsync(
            _ => Task.FromResult(Since(stopped)), passed => passed >= away, "the time without an Engine to pass", deadline: away * 2);
        (await daemon.CommandAsync(["health"], Cancellation)).MustSucceed();
        await engine.StartAsync();
        var successor = await RunServiceAsync("replaced");
        await RunServiceAsync("new");

        await daemon.StatusAsync(status => status.Docker.Connected, "Docker to be back", TimeSpan.FromSeconds(60));
        await daemon.ReadyAsync("new");
        var name = await successor.NameAsync(Cancellation);
        await daemon.ServiceAsync(
            "replaced", service => service.Upstreams.Select(upstream => upstream.Container).SequenceEqual([name]), name);
        await daemon.ServiceAsync("gone", service => service.Upstreams.Count == 0 && service.Has("no-upstream"), "no upstream");
        await daemon.ReadyAsync("restarted");
        Assert.Equal(
            $"Hello from {restarted.HostName}",
            (await peer.Http().GetStringAsync($"https://{peer.NameOf("restarted")}/", Cancellation)).Trim());
        await load.StopAsync();

        Report($"The Engine away for {away.TotalSeconds:0} s: {load.Results.Count} requests to three services that did not change");
        Assert.All(unchanged, service => Assert.True(load.Results.Count(result => result.Service == service) > 50, service));
        Assert.All(load.Results, result => Assert.True(result.Failure is null, $"{result}"));
    }

    private async Task<int> ProcessOfAsync(TestContainer container) => int.Parse(
        (await Engine.DockerAsync(["inspect", "-f", "{{.State.Pid}}", container.Id], cancellation: Cancellation)).Stdout,
        System.Globalization.CultureInfo.InvariantCulture);
}
