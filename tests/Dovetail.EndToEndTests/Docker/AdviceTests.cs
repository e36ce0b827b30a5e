using System.Net;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Docker;

/// <summary>What is wrong with a container is named as it is, with the command that mends it; the visitor's page says the same.</summary>
public sealed class AdviceTests(Engine engine) : EndToEndTest(engine)
{
    // A shell that fills its memory.
    private static readonly string[] Greedy = ["sh", "-c", "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done"];

    [Fact(Timeout = 300_000)]
    public async Task A_container_that_does_not_run_is_named_with_its_state_and_the_command()
    {
        (string Service, string[] Options, string[]? Command, string Docker, string Text, string Fix, string Page)[] cases =
        [
            ("paused", [], null, "pause", "is paused", "docker unpause NAME", "container is paused"),
            ("looping", ["--restart=always"], ["sh", "-c", "exit 3"], "", "ends again and again (exit code 3)", "docker logs NAME", "ends again"),
            ("ended", [], null, "kill", "has ended (exit code 137)", "docker start NAME", "has ended"),
            (
                "greedy", ["--restart=always", "--memory=16m", "--memory-swap=16m"], Greedy, "", "runs out of memory again and again",
                "Give it more memory", "ends again"),
        ];
        var daemon = StartDaemon();
        var peer = await PeerAsync();
        foreach (var (service, options, command, docker, text, fix, page) in cases)
        {
            var container = await RunContainerAsync(
                new Dictionary<string, string> { ["name"] = service, ["port"] = "80", ["hold"] = "0s" }, options: options, command: command);
            if (docker.Length > 0)
            {
                await daemon.ReadyAsync(service);
                await Engine.DockerAsync([docker, container.Id], cancellation: Cancellation);
            }

            var name = await container.NameAsync(Cancellation);
            var status = await daemon.ServiceAsync(
                service, seen => seen.State == "Ready" && seen.Conditions.Any(known => known.Text == $"container {name} {text}"), text);
            Assert.Contains(
                fix.Replace("NAME", name, StringComparison.Ordinal), status.Condition("no-upstream").Fix, StringComparison.Ordinal);
            await Eventually.GetAsync(
                async cancellation =>
                {
                    using var answer = await peer.Http().GetAsync($"https://{peer.NameOf(service)}/", cancellation);
                    return (answer.StatusCode, Page: await answer.Content.ReadAsStringAsync(cancellation));
                },
                answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Page.Contains(page, StringComparison.Ordinal),
                $"the page of {service} to say: {page}");
            if (docker == "pause")
            {
                await Engine.DockerAsync(["unpause", container.Id], cancellation: Cancellation);
                await daemon.ServiceAsync(service, seen => seen is { Conditions: [], Upstreams.Count: 1 }, "no condition");
            }
        }
    }

    [Fact(Timeout = 300_000)]
    public async Task A_container_that_was_removed_is_no_longer_to_be_started()
    {
        var daemon = StartDaemon();
        var container = await RunServiceAsync("web");
        await daemon.ReadyAsync("web");
        await Engine.DockerAsync(["kill", container.Id], cancellation: Cancellation);
        await daemon.ServiceAsync("web", seen => seen.Has("no-upstream") && seen.Condition("no-upstream").Fix.Contains("docker start"), "ended");

        await container.RemoveAsync(Cancellation);

        await daemon.ServiceAsync(
            "web", seen => seen.Has("no-upstream") && seen.Condition("no-upstream").Text == "no container serves it now", "removed");
    }

    [Fact(Timeout = 300_000)]
    public async Task A_container_behind_another_one_is_told_when_that_was_restarted_stopped_or_removed()
    {
        var daemon = StartDaemon();
        var peer = await PeerAsync();
        var vpn = Own(await Engine.RunContainerAsync(new Dictionary<string, string>(), command: ["sleep", "1000"], cancellation: Cancellation));
        var qb = await RunContainerAsync(
            new Dictionary<string, string> { ["name"] = "qb", ["port"] = "80" }, options: [$"--network=container:{vpn.Id}"]);
        var (vpnName, qbName) = (await vpn.NameAsync(Cancellation), await qb.NameAsync(Cancellation));
        await daemon.ReadyAsync("qb");

        await vpn.RestartAsync(Cancellation);
        await ToldAsync(
            $"it is left in the former network of container {vpnName}, which was started again after it",
            $"Restart it as well: docker restart {qbName}.");

        await qb.RestartAsync(Cancellation);
        await daemon.ServiceAsync("qb", seen => seen is { Conditions: [], Upstreams.Count: 1 }, "no condition");
        Assert.Contains("Hello", await peer.Http().GetStringAsync($"https://{peer.NameOf("qb")}/", Cancellation), StringComparison.Ordinal);

        await vpn.StopAsync(Cancellation);
        await ToldAsync(
            $"it uses the network of container {vpnName}, which does not run",
            $"Start that one, then restart this one: docker start {vpnName} && docker restart {qbName}.");

        await vpn.RemoveAsync(Cancellation);
        await ToldAsync("the container whose network it uses was removed", "Create it anew");

        async Task ToldAsync(string text, string fix)
        {
            var status = await daemon.ServiceAsync(
                "qb", seen => seen.Has("upstream-unreachable") && seen.Condition("upstream-unreachable").Text.EndsWith(text), text);
            Assert.Equal($"container {qbName} cannot be reached: {text}", status.Condition("upstream-unreachable").Text);
            Assert.StartsWith(fix, status.Condition("upstream-unreachable").Fix, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 300_000)]
    public async Task A_port_that_is_the_hosts_is_named_with_the_containers()
    {
        var daemon = StartDaemon();
        var peer = await PeerAsync();
        await RunContainerAsync(
            new Dictionary<string, string> { ["name"] = "web", ["port"] = "10084", ["hold"] = "0s" }, options: ["-p", "127.0.0.1:10084:80"]);
        await daemon.ReadyAsync("web");

        await Eventually.GetAsync(
            async cancellation => (await peer.Http().GetAsync($"https://{peer.NameOf("web")}/", cancellation)).StatusCode,
            code => code == HttpStatusCode.BadGateway,
            "the page to say 502");

        var status = await daemon.ServiceAsync("web", seen => seen.Has("upstream-unreachable"), "upstream-unreachable");
        Assert.Equal(
            "Port 10084 is the host's, the container's is 80: set dovetail.port=80.", status.Condition("upstream-unreachable").Fix);
        var warning = Assert.Single((await daemon.StatusAsync(Cancellation)).Warnings);
        Assert.Equal($"10084 is the host's port, the container's is 80: set {Prefix}.port=80", warning.Text);
    }
}
