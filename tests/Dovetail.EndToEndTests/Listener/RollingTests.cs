using System.Diagnostics;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>Visitors notice nothing of a restart or an update, however many of them there are.</summary>
[Collection(MeasuredTests.Name)]
public sealed class RollingTests(Engine engine) : EndToEndTest(engine)
{
    private const int Restarts = 5;
    private const int Replicas = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Then the log says why a request failed.
    private static readonly Dictionary<string, string?> Talkative = new() { ["DOVETAIL_LOG_LEVEL"] = "debug" };

    [Theory(Timeout = 300_000)]
    [InlineData("TERM", 3000, 3)]
    [InlineData("TERM", 0, 0)]
    [InlineData("KILL", 0, 0)]
    public async Task Five_restarts_of_the_only_container_cost_no_request(string stopSignal, int leaveAfterMilliseconds, int postsInTen)
    {
        var peer = await PeerAsync();
        var daemon = StartDaemon(Talkative);
        var container = await RunContainerAsync(
            Labels("web"), options: Applications.Options(stopSignal, TimeSpan.FromMilliseconds(leaveAfterMilliseconds)));
        await daemon.ReadyAsync("web");
        await using var load = new OpenLoad(peer, "web", postsInTen: postsInTen, patience: Patience);

        for (var restart = 0; restart < Restarts; restart++)
        {
            await AnsweredAsync(load);
            await container.RestartAsync(Cancellation);
        }

        await AnsweredAsync(load);
        await AllAnsweredAsync(load);
    }

    /// <param name="newFirst">Whether the new container starts before the old one is told to stop, or takes its place.</param>
    /// <param name="isChecked">Whether the containers have a HEALTHCHECK, and the next one's turn comes when the new one is
    /// healthy.</param>
    [Theory(Timeout = 300_000)]
    [InlineData("TERM", 3000, 3, false, false)]
    [InlineData("TERM", 3000, 3, true, true)]
    [InlineData("KILL", 0, 0, false, false)]
    public async Task A_Compose_service_of_three_replicas_that_is_rolled_one_by_one_costs_no_request(
        string stopSignal, int leaveAfterMilliseconds, int postsInTen, bool newFirst, bool isChecked)
    {
        var peer = await PeerAsync();
        var daemon = StartDaemon(Talkative);
        var old = new List<TestContainer>();
        for (var number = 1; number <= Replicas; number++)
        {
            old.Add(await ReplicaAsync("old", number));
        }

        await daemon.ServiceAsync(
            "web",
            service => service.State == "Ready" && service.Upstreams.Count(upstream => upstream.Health is "None" or "Healthy") == Replicas,
            "Ready with all replicas");
        await using var load = new OpenLoad(peer, "web", postsInTen: postsInTen, patience: Patience);
        await AnsweredAsync(load);

        for (var number = 1; number <= Replicas; number++)
        {
            var outgoing = old[number - 1];
            var incoming = newFirst ? await ReplicaAsync("new", number) : null;
            if (incoming is not null)
            {
                await HealthyAsync(incoming);
            }

            await outgoing.StopAsync(Cancellation);
            await outgoing.RemoveAsync(Cancellation);
            incoming ??= await ReplicaAsync("new", number);
        }

        await AnsweredAsync(load);
        await AllAnsweredAsync(load);
        var client = peer.Http();
        Assert.StartsWith(
            "new from ", await client.GetStringAsync($"https://{peer.NameOf("web")}/", Cancellation), StringComparison.Ordinal);

        Task<TestContainer> ReplicaAsync(string greeting, int number) => RunContainerAsync(
            Labels("web"),
            greeting,
            [
                .. Applications.Options(stopSignal, TimeSpan.FromMilliseconds(leaveAfterMilliseconds)),
                .. Applications.Replica(Prefix, number),
                .. isChecked ? Applications.HealthCheck : [],
            ]);
    }

    [Fact(Timeout = 300_000)]
    public async Task While_a_replica_takes_its_time_to_stop_new_requests_go_elsewhere()
    {
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        // As process 1 the test image's web server does not know SIGTERM: it serves on until it is killed.
        string[] serves = ["--stop-signal", "TERM", "--stop-timeout", "60"];
        var leaving = await RunContainerAsync(Labels("web"), "leaving", [.. serves, .. Applications.Replica(Prefix, 1)]);
        await RunContainerAsync(Labels("web"), "staying", [.. serves, .. Applications.Replica(Prefix, 2)]);
        await daemon.ServiceAsync(
            "web", service => service is { State: "Ready", Upstreams.Count: 2 }, "Ready with both replicas");

        var stopping = Engine.DockerAsync(["stop", leaving.Id], cancellation: Cancellation);
        await daemon.ServiceAsync(
            "web", service => service.Upstreams.Any(upstream => upstream.Health == "Stopping"), "an upstream that stops");
        using var direct = new HttpClient();
        Assert.StartsWith(
            "leaving",
            await direct.GetStringAsync($"http://{await leaving.AddressAsync(Cancellation)}/", Cancellation),
            StringComparison.Ordinal);
        var client = peer.Http();
        for (var request = 0; request < 10; request++)
        {
            Assert.StartsWith(
                "staying", await client.GetStringAsync($"https://{peer.NameOf("web")}/", Cancellation), StringComparison.Ordinal);
        }

        await Engine.DockerAsync(["kill", leaving.Id], cancellation: Cancellation);
        await stopping;
        await daemon.ServiceAsync("web", service => service.Upstreams.Count == 1, "Ready with the other replica");
    }

    private Task<string> HealthyAsync(TestContainer container) => Eventually.GetAsync(
        async token =>
            (await Engine.DockerAsync(["inspect", "-f", "{{.State.Health.Status}}", container.Id], cancellation: token)).Stdout.Trim(),
        health => health == "healthy",
        "the new container to be healthy");

    // On a busy machine a restart may take longer than requests are held by default.
    private static Dictionary<string, string> Labels(string service) =>
        new() { ["name"] = service, ["port"] = "80", ["hold"] = "40s" };

    /// <summary>Waits until many requests that began after now have been answered, and those that had to wait before.</summary>
    private static Task AnsweredAsync(OpenLoad load)
    {
        var since = Stopwatch.GetTimestamp();
        return Eventually.TrueAsync(
            () => load.Open < 50 && load.Results.Count(result => result.Begun > since) >= 100, "requests to be answered");
    }

    private static async Task AllAnsweredAsync(OpenLoad load)
    {
        await load.StopAsync();
        var results = load.Results;
        var failed = results.Where(result => result.Failure is not null).ToList();
        Report(
            $"{results.Count} requests, {load.Rate:0} a second: {failed.Count} failed; the slowest took "
            + $"{results.Max(result => Stopwatch.GetElapsedTime(result.Begun, result.Ended)).TotalSeconds:0.0} s");
        Assert.True(failed.Count == 0, string.Join("\n", failed.Take(20)));
    }
}
