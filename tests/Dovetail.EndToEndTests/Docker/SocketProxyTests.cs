using System.Text.RegularExpressions;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Docker;

/// <summary>Dovetail behind a proxy that shows it only a part of the Engine's API.</summary>
public sealed partial class SocketProxyTests(Engine engine) : EndToEndTest(engine)
{
    private const string Web = "web";

    [Fact(Timeout = 300_000)]
    public async Task What_examples_socket_proxy_allows_is_enough_and_nothing_is_asked_but_to_read()
    {
        var proxy = Own(await SocketProxy.StartAsync(Directory["docker.sock"], Engine, AllowedByTheExample()));
        var peer = await PeerAsync();
        var daemon = StartDaemon(new Dictionary<string, string?> { ["DOCKER_HOST"] = proxy.Host });
        var container = await RunServiceAsync(Web);
        await daemon.ReadyAsync(Web);
        var url = $"https://{peer.NameOf(Web)}/";
        Assert.Equal($"Hello from {container.HostName}", (await peer.Http().GetStringAsync(url, Cancellation)).Trim());

        // Seen by events: the next listing without one is far away.
        await container.StopAsync(Cancellation);
        await daemon.ServiceAsync(Web, service => service.Upstreams.Count == 0, "no upstream", TimeSpan.FromSeconds(20));
        await container.StartAsync(Cancellation);
        await daemon.ReadyAsync(Web);
        await container.RemoveAsync(Cancellation);
        await daemon.ServiceAsync(Web, service => service.Upstreams.Count == 0, "no upstream", TimeSpan.FromSeconds(20));
        daemon.Terminate();
        await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.True(proxy.Requests.Count > 10, $"{proxy.Requests.Count} requests");
        Assert.All(proxy.Requests, request => Assert.True(request.Method is "GET" or "HEAD", $"{request.Method} {request.Path}"));

        // Whether the Engine is in a swarm is asked, and outside one not missed.
        Assert.All(proxy.Refused, path => Assert.EndsWith("/info", path, StringComparison.Ordinal));
        Assert.DoesNotContain("There are no events", daemon.Log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task Without_events_changes_are_seen_at_the_next_listing_and_a_warning_says_what_to_allow()
    {
        var allowed = AllowedByTheExample().Where(section => section != "EVENTS");
        var proxy = Own(await SocketProxy.StartAsync(Directory["docker.sock"], Engine, allowed));
        var daemon = StartDaemon(new Dictionary<string, string?> { ["DOCKER_HOST"] = proxy.Host, ["DOVETAIL_RESYNC"] = "1s" });
        var container = await RunServiceAsync(Web);
        await daemon.ReadyAsync(Web);

        var status = await daemon.StatusAsync(Cancellation);
        Assert.True(status.Docker.Connected);
        Assert.Contains("must allow VERSION, EVENTS", status.Docker.Error!, StringComparison.Ordinal);
        Assert.Contains("containers are listed every 1 s", daemon.Log, StringComparison.Ordinal);

        await container.StopAsync(Cancellation);
        await daemon.ServiceAsync(Web, service => service.Upstreams.Count == 0, "no upstream", TimeSpan.FromSeconds(20));
        await container.StartAsync(Cancellation);
        await daemon.ReadyAsync(Web);
        (await daemon.CommandAsync(["health"], Cancellation)).MustSucceed();
    }

    // What the proxy of the example lets through: its variables, and what it allows by itself.
    private static IReadOnlyList<string> AllowedByTheExample()
    {
        var example = File.ReadAllText(Path.Combine(BaseImages.Repository, "examples/socket-proxy/compose.yaml"));
        string[] named = [.. Allowance().Matches(example).Select(match => match.Groups["section"].Value)];
        Assert.Equal(["CONTAINERS", "NETWORKS"], named);
        return [.. named, "VERSION", "EVENTS", "_ping"];
    }

    [GeneratedRegex("^ +(?<section>[A-Z]+): 1$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Allowance();
}
