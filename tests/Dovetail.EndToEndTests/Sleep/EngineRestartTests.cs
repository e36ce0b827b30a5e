using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Sleep;

/// <summary>What sleeps while the Engine is started anew.</summary>
public sealed class EngineRestartTests(StoppableEngine engine) : SleepTest(engine), IClassFixture<StoppableEngine>
{
    [Fact(Timeout = 300_000)]
    public async Task It_is_still_asleep_and_the_next_request_starts_it()
    {
        var (daemon, peer) = (StartAllowing(), await PeerAsync());
        var container = await RunSleepyAsync(Web, options: ["--restart", "unless-stopped"]);
        await AsleepAsync(daemon, Web);
        var stopped = (StoppableEngine)Engine;

        await stopped.StopAsync();
        await daemon.StatusAsync(status => !status.Docker.Connected, "Docker to be away");
        Assert.Equal("Asleep", (await daemon.StatusAsync(Cancellation)).Find(Web)!.State);
        Assert.StartsWith("503", await GetAsync(peer, Web), StringComparison.Ordinal);
        await daemon.ServiceAsync(Web, service => service.Has("start-failed"), "the failed start");
        await stopped.StartAsync();

        await Eventually.GetAsync(_ => GetAsync(peer, Web), text => text == $"Hello from {container.HostName}", "the next start");
        await AsleepAsync(daemon, Web);
    }
}
