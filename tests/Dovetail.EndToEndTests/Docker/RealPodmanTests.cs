using Dovetail.Docker;
using Dovetail.EndToEndTests.Harness;
using Dovetail.Tests.Docker;

namespace Dovetail.EndToEndTests.Docker;

/// <summary>The client and the watcher on Podman: all that holds for Docker, and what only Podman has.</summary>
public sealed class RealPodmanTests(PodmanEngine engine) : RealEngine(engine)
{
    [Fact]
    public async Task Podman_is_known_as_such()
    {
        using var client = new DockerClient(Endpoint, TimeProvider.System);

        Assert.StartsWith("Podman ", (await client.GetVersionAsync(Cancelled)).Title, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_in_a_pod_is_reached_by_the_pods_network()
    {
        // Any image does for the container that holds the pod's network; Podman's own has to be built or pulled.
        var image = $"docker.io/library/{await engine.ImageAsync(Cancelled)}";
        var pod = Unique("pod");
        await engine.PodmanAsync(["pod", "create", "--name", pod, "--infra-image", image, "--infra-command", "/pause"], Cancelled);
        try
        {
            var labels = Web.SelectMany(label => (string[])["--label", $"{label.Key}={label.Value}"]);
            await engine.PodmanAsync(["run", "-d", "--pod", pod, "-e", "GREETING=Hello", .. labels, image], Cancelled);
            await using var watch = new Watch(Endpoint, Options);

            var upstream = UpstreamOf(await watch.NextAsync());

            Assert.StartsWith("through container ", upstream.Route, StringComparison.Ordinal);
            Assert.Equal($"Hello from {pod}", await BodyAsync(upstream));
        }
        finally
        {
            await engine.PodmanAsync(["pod", "rm", "-f", pod], CancellationToken.None);
        }
    }

    // Podman leaves the interval to systemd, which not every machine has.
    private protected override Task CheckHealthAsync(TestContainer container) =>
        engine.PodmanAsync(["healthcheck", "run", container.Id], Cancelled);
}
