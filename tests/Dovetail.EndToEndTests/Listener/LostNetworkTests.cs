using System.Diagnostics;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>
/// A network that goes takes the ends of its connections with it: no FIN and no RST says that nobody is there any more. So it can be when a
/// container is killed and removed on a busy machine; here it is made to be so.
/// </summary>
public sealed class LostNetworkTests(Engine engine) : EndToEndTest(engine)
{
    // Far below the minute that the kernel's ordinary keep-alive takes, far above the few seconds that it should be.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(40);

    private static readonly TimeSpan Noticed = TimeSpan.FromSeconds(6);

    [Fact(Timeout = 300_000)]
    public async Task A_request_that_waits_for_an_answer_there_gets_it_from_another_replica()
    {
        var network = Own(await TestNetwork.CreateAsync(Engine, $"{Prefix}-going", Cancellation));
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        var going = await RunContainerAsync(Labels, "going", [.. Applications.Options(), .. On(network, 1)]);
        await daemon.ReadyAsync("web");
        using var direct = new HttpClient();
        var client = peer.Http();
        var waiting = client.GetStringAsync($"https://{peer.NameOf("web")}/?ms=900000&id=one", Cancellation);
        await HasBegunAsync(direct, await going.AddressAsync(Cancellation), "one");

        await StayingAsync(daemon, network);
        await going.DisconnectAsync(network.Name, Cancellation);

        Assert.StartsWith("staying", await waiting.WaitAsync(Soon, Cancellation), StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task So_does_a_request_that_never_arrived()
    {
        var network = Own(await TestNetwork.CreateAsync(Engine, $"{Prefix}-cut", Cancellation));
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        var going = await RunContainerAsync(Labels, "going", [.. Applications.Options(), .. On(network, 1)]);
        await daemon.ReadyAsync("web");
        var client = peer.Http();
        var url = $"https://{peer.NameOf("web")}/";
        Assert.StartsWith("going", await client.GetStringAsync(url, Cancellation), StringComparison.Ordinal);

        // From here on nothing of what is sent on the connection that is open arrives.
        await Command.RunAsync("ip", ["link", "set", "dev", await HostEndAsync(going), "down"], cancellation: Cancellation);
        var lost = client.GetStringAsync(url, Cancellation);
        await StayingAsync(daemon, network);
        Assert.False(lost.IsCompleted);
        await going.DisconnectAsync(network.Name, Cancellation);

        Assert.StartsWith("staying", await lost.WaitAsync(Soon, Cancellation), StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task One_to_an_address_that_is_still_there_is_waited_for()
    {
        var network = Own(await TestNetwork.CreateAsync(Engine, $"{Prefix}-better", Cancellation));
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        var container = await RunContainerAsync(Labels, "Hello", Applications.Options());
        var before = Assert.Single((await daemon.ReadyAsync("web")).Upstreams).Address;
        var address = await container.AddressAsync(Cancellation);
        using var direct = new HttpClient();
        var client = peer.Http();
        var late = client.GetStringAsync($"https://{peer.NameOf("web")}/late?id=one", Cancellation);
        await HasBegunAsync(direct, address, "one");

        // A network of one's own comes before Docker's default one, on which the container stays.
        await container.ConnectAsync(network.Name, Cancellation);
        var since = Stopwatch.GetTimestamp();
        await daemon.ServiceAsync("web", service => service.Upstreams is [var only] && only.Address != before, "another address");
        await Eventually.TrueAsync(() => Stopwatch.GetElapsedTime(since) > Noticed, "the time in which a network that is gone is noticed");
        Assert.False(late.IsCompleted);
        await direct.GetStringAsync($"http://{address}/say?id=one", Cancellation);

        Assert.Equal("at last", await late);
    }

    private static Dictionary<string, string> Labels { get; } = new() { ["name"] = "web", ["port"] = "80" };

    private IEnumerable<string> On(TestNetwork network, int number) =>
        ["--network", network.Name, .. Applications.Replica(Prefix, number)];

    private async Task StayingAsync(DovetailDaemon daemon, TestNetwork network)
    {
        await RunContainerAsync(Labels, "staying", On(network, 2));
        await daemon.ServiceAsync("web", service => service is { State: "Ready", Upstreams.Count: 2 }, "Ready with both replicas");
    }

    private static Task<string> HasBegunAsync(HttpClient direct, string address, string id) => Eventually.GetAsync(
        token => direct.GetStringAsync($"http://{address}/seen?id={id}", token),
        static state => state.StartsWith("running", StringComparison.Ordinal),
        "the request to reach the application");

    // The name of this end of the pair of interfaces whose other end the container has.
    private async Task<string> HostEndAsync(TestContainer container)
    {
        var shown = await Engine.DockerAsync(
            ["exec", container.Id, "/bin/busybox", "cat", "/sys/class/net/eth0/iflink"], cancellation: Cancellation);
        return Path.GetFileName(System.IO.Directory.EnumerateDirectories("/sys/class/net")
            .Single(card => File.ReadAllText(Path.Combine(card, "ifindex")).Trim() == shown.Stdout.Trim()));
    }
}
