using System.Diagnostics;
using System.Text.Json.Nodes;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Docker;

/// <summary>Containers that nobody can serve beside those that can be.</summary>
[Collection(MeasuredTests.Name)]
public sealed class PoisonedContainersTests(Engine engine) : EndToEndTest(engine)
{
    private const int Good = 20;

    [Fact(Timeout = 400_000)]
    public async Task Ten_of_thirty_containers_are_poisoned_and_the_others_are_up_as_soon_as_without()
    {
        // Each good container has the labels of both daemons: the first sees them alone, the second the poisoned ones as well.
        var poisoned = Prefix + "p";
        using var api = new EngineApi(Engine);
        var containers = new List<string>();
        for (var number = 0; number < Good; number++)
        {
            containers.Add((await RunAsync(new Dictionary<string, string>
            {
                [$"{Prefix}.name"] = $"clean{number}",
                [$"{Prefix}.port"] = "80",
                [$"{poisoned}.name"] = $"good{number}",
                [$"{poisoned}.port"] = "80",
            })).Id);
        }

        var proxy = Own(await SocketProxy.StartAsync(Directory["docker.sock"], Engine, ["version", "events", "containers", "networks"]));

        // Refused by their labels.
        await PoisonAsync(new() { ["name"] = "bad-port", ["port"] = "http" });
        await PoisonAsync(new() { ["name"] = "../../etc/\e[31m<script>\n", ["port"] = "80" });
        await PoisonAsync(new() { ["name"] = "good0", ["port"] = "80" });
        await PoisonAsync(new() { ["name"] = new string('x', 10_000), ["port"] = "80" });
        await PoisonAsync(new() { ["name"] = "huge", ["port"] = "80", ["tags"] = new string('x', 1 << 20) });
        // Served, though most of the labels mean nothing.
        await PoisonAsync(
            Enumerable.Range(0, 500).ToDictionary(number => $"nonsense{number}", number => new string('y', number))
                .Append(new("name", "odd")).Append(new("port", "80")).ToDictionary());
        // Not reachable, or not running.
        await RunAsync(Labels(new() { ["name"] = "no-network", ["port"] = "80" }), ["--network", "none"]);
        await RunAsync(Labels(new() { ["name"] = "crash-loop", ["port"] = "80" }), ["--restart", "always"], ["sh", "-c", "exit 3"]);
        // Not to be read: the Engine says what no Engine should.
        var impossible = (await PoisonAsync(new() { ["name"] = "impossible", ["port"] = "80" })).Id;
        var broken = (await PoisonAsync(new() { ["name"] = "broken", ["port"] = "80" })).Id;
        proxy.ChangeListing = listing => WithImpossibleValues(listing, impossible, broken);

        // At the same time, so that a machine that is busy with something else slows down both.
        var alone = StartDaemon(new Dictionary<string, string?> { ["DOCKER_HOST"] = proxy.Host });
        var daemon = StartDaemon(new Dictionary<string, string?>
        {
            ["DOCKER_HOST"] = proxy.Host,
            ["DOVETAIL_LABEL_PREFIX"] = poisoned,
            ["TS_STATE_DIR"] = Directory["state-poisoned"],
            ["DOVETAIL_RUNTIME_DIR"] = Directory["run-poisoned"],
        });
        var up = await Task.WhenAll(UpAsync(alone, "clean"), UpAsync(daemon, "good"));
        var (without, with) = (up[0], up[1]);
        alone.Terminate();
        await alone.ExitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Report($"{Good} containers: Ready after {without.TotalSeconds:0.0} s; among ten poisoned ones: {with.TotalSeconds:0.0} s");
        Assert.True(
            with < (1.5 * without) + TimeSpan.FromSeconds(5), $"{with.TotalSeconds:0.0} s, and {without.TotalSeconds:0.0} s without");

        var status = await daemon.StatusAsync(
            status => status.Find("crash-loop") is not null && status.Find("no-network")?.Has("upstream-unreachable") == true
                && status.Find("odd") is { State: "Ready" },
            "the poisoned containers to be told");
        Assert.Equal(["bad-port", "good0", "huge"], status.Rejected.Select(rejected => rejected.Service).OfType<string>().Order());
        Assert.Equal(5, status.Rejected.Count);
        Assert.True(status.Json.Length < 100_000, $"The status document has {status.Json.Length} characters.");
        Assert.All(daemon.Log.Split('\n'), line => Assert.True(line.Length < 4096, line[..Math.Min(line.Length, 200)]));
        Assert.DoesNotContain('\e', daemon.Log);

        var peer = await PeerAsync();
        Assert.Equal(
            $"Hello from {containers[0][..12]}",
            (await peer.Http().GetStringAsync($"https://{peer.NameOf("good0")}/", Cancellation)).Trim());

        Dictionary<string, string> Labels(Dictionary<string, string> labels) =>
            labels.ToDictionary(label => $"{poisoned}.{label.Key}", label => label.Value);

        async Task<TestContainer> PoisonAsync(Dictionary<string, string> labels)
        {
            var container = Own(new TestContainer(Engine, await api.CreateAsync(Labels(labels), Cancellation)));
            await api.StartAsync(container.Id, Cancellation);
            return container;
        }
    }

    private async Task<TestContainer> RunAsync(
        IReadOnlyDictionary<string, string> labels, IEnumerable<string>? options = null, IEnumerable<string>? command = null) =>
        Own(await Engine.RunContainerAsync(labels, options: options, command: command, cancellation: Cancellation));

    private static async Task<TimeSpan> UpAsync(DovetailDaemon daemon, string name)
    {
        var started = Stopwatch.GetTimestamp();
        await daemon.StatusAsync(
            status => Enumerable.Range(0, Good).All(number => status.Find($"{name}{number}") is { State: "Ready", Upstreams.Count: 1 }),
            $"{Good} services to be Ready",
            TimeSpan.FromSeconds(120));
        return Since(started);
    }

    private static string WithImpossibleValues(string listing, string impossible, string broken)
    {
        var containers = JsonNode.Parse(listing)!.AsArray();
        foreach (var container in containers.Select(container => container!.AsObject()))
        {
            if (container["Id"]!.GetValue<string>() == impossible)
            {
                container["Created"] = -1e300;
                container["Ports"] = new JsonArray(
                    new JsonObject { ["PrivatePort"] = 1_000_000, ["PublicPort"] = -1, ["Type"] = "tcp" }, null);
                container["State"] = "levitating";
                container["Status"] = null;
                container["SizeRw"] = "much";
                container["Mounts"] = 7;
            }
            else if (container["Id"]!.GetValue<string>() == broken)
            {
                container["Names"] = null;
                container["HostConfig"] = null;
                container["NetworkSettings"] = null;
                container["Ports"] = null;
            }
        }

        return containers.ToJsonString();
    }
}
