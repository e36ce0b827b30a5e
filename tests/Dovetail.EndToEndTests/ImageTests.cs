using System.Diagnostics;
using System.Net;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests;

/// <summary>
/// The Dockerfile builds, and what it builds serves. Real: the Engine with its classic builder, the Dockerfile, the entry point, the
/// program compiled inside. Stood in for, because no registry can be reached: the base images (<see cref="BaseImages"/>), and with them
/// native compilation, whose compiler and linker they would bring.
/// </summary>
[Collection(MeasuredTests.Name)]
public sealed class ImageTests(Engine engine) : EndToEndTest(engine)
{
    private const string SocketInside = "/var/run/docker.sock";

    [Fact(Timeout = 600_000)]
    public async Task The_image_builds_and_its_container_serves_another_container()
    {
        Assert.SkipWhen(TestSettings.IsReal, "The stand-in images hold the stand-in binaries.");
        var image = await BuildAsync();
        var peer = await PeerAsync();
        var web = await RunServiceAsync("web", "Good morning");

        var dovetail = Own(await RunImageAsync(image));
        await Eventually.GetAsync(
            async token => DaemonStatus.Parse((await ExecAsync(dovetail, token, "dovetail", "status", "--json")).Stdout),
            status => status.Find("web") is { State: "Ready", Upstreams.Count: 1 },
            "web to be Ready in the container's own status");

        var page = await Eventually.GetAsync(
            async token =>
            {
                using var response = await peer.Http().GetAsync($"https://{peer.NameOf("web")}/", token);
                return (response.StatusCode, Body: await response.Content.ReadAsStringAsync(token));
            },
            answer => answer.StatusCode == HttpStatusCode.OK,
            "web to answer");
        Assert.Equal($"Good morning from {web.HostName}", page.Body.Trim());

        // What HEALTHCHECK runs.
        await ExecAsync(dovetail, Cancellation, "dovetail", "health");

        // `docker stop` reaches the program itself, not a shell in front of it: else it would be killed after ten seconds.
        await dovetail.StopAsync(Cancellation);
        var exit = await Engine.DockerAsync(["inspect", "-f", "{{.State.ExitCode}}", dovetail.Id], cancellation: Cancellation);
        Assert.Equal("0", exit.Stdout.Trim());

        // It was given no volume, and was told so; its successor finds the name taken, and knows by whom.
        var log = await Engine.DockerAsync(["logs", dovetail.Id], cancellation: Cancellation);
        Assert.Contains("TS_STATE_DIR=/var/lib/dovetail lies in a volume without a name", log.Stdout + log.Stderr, StringComparison.Ordinal);
        await dovetail.RemoveAsync(Cancellation);
        var next = Own(await RunImageAsync(image));
        await Eventually.GetAsync(
            async token => DaemonStatus.Parse((await ExecAsync(next, token, "dovetail", "status", "--json")).Stdout),
            status => status.Find("web") is { } service && service.Has("name-taken")
                && service.Condition("name-taken").Text.Contains("probably this service's former one", StringComparison.Ordinal),
            "the successor to say whose the other machine is");
    }

    /// <summary>This machine as containers reach it.</summary>
    protected override async Task<IPAddress> ControlAddressAsync()
    {
        await using var container = await Engine.RunContainerAsync(new Dictionary<string, string>(), cancellation: Cancellation);
        return await container.GatewayAsync(Cancellation);
    }

    private async Task<string> BuildAsync()
    {
        var bases = new BaseImages(Engine);
        await bases.ImportAsync(Cancellation);
        var image = $"{Engine.Mark}-dovetail";
        var started = Stopwatch.GetTimestamp();
        await Engine.BuildAsync(
            image,
            BaseImages.Repository,
            new Dictionary<string, string>
            {
                ["SDK_IMAGE"] = bases.Sdk,
                ["RUNTIME_IMAGE"] = bases.Runtime,
                ["TAILSCALE_IMAGE"] = bases.Tailscale,
                ["SHELL_IMAGE"] = bases.Sdk,
                ["NATIVE"] = "false",
                ["SSH"] = "false",
            },
            Cancellation);
        Report($"docker build of the Dockerfile: {Since(started).TotalSeconds:0} s");

        // Commands are passed on by the entry point.
        var version = await Engine.DockerAsync(["run", "--rm", image, "version"], cancellation: Cancellation);
        Assert.Matches(@"\d+\.\d+\.\d+", version.Stdout);
        return image;
    }

    /// <summary>Runs the image as the examples do: the Engine's socket, a key and nothing else but what the test tailnet needs.</summary>
    private async Task<TestContainer> RunImageAsync(string image)
    {
        var run = await Engine.DockerAsync(
            [
                "run", "-d", "--label", Engine.Mark, "-v", $"{new Uri(Engine.Host).LocalPath}:{SocketInside}:ro", "-e",
                $"TS_AUTHKEY={Tailnet.AuthKey}",
                "-e", $"TS_CONTROL_URL={Tailnet.Control.OwnUrl}", "-e", $"DOVETAIL_LABEL_PREFIX={Prefix}", image,
            ],
            cancellation: Cancellation);
        return new TestContainer(Engine, run.Stdout.Trim());
    }

    private async Task<CommandResult> ExecAsync(TestContainer container, CancellationToken cancellation, params string[] command)
    {
        try
        {
            return await Engine.DockerAsync(["exec", container.Id, .. command], cancellation: cancellation);
        }
        catch (InvalidOperationException failed)
        {
            var log = await Engine.DockerAsync(["logs", container.Id], cancellation: cancellation);
            throw new InvalidOperationException($"{failed.Message}{System.Environment.NewLine}{log.Stdout}{log.Stderr}", failed);
        }
    }
}
