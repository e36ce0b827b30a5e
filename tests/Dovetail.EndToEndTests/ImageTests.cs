using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests;

/// <summary>
/// The Dockerfile builds, and what it builds serves. Real: the Engine with its classic builder, the Dockerfile, the entry point, the
/// program compiled inside. Stood in for, because no registry can be reached: the three base images (<see cref="BaseImages"/>), and with
/// them ahead-of-time compilation, whose compiler would come from the package source.
/// </summary>
public sealed class ImageTests(Engine engine) : EndToEndTest(engine)
{
    [Fact(Timeout = 480_000)]
    public async Task The_image_builds_and_its_container_serves_a_labelled_container()
    {
        var bases = new BaseImages(Engine, BaseImages.Repository);
        await bases.ImportAsync(Cancellation);
        var image = $"{Engine.Mark}-dovetail";
        await Engine.BuildAsync(
            image,
            BaseImages.Repository,
            new Dictionary<string, string>
            {
                ["SDK_IMAGE"] = bases.Sdk,
                ["RUNTIME_IMAGE"] = bases.Runtime,
                ["TAILSCALE_IMAGE"] = bases.Tailscale,
                ["READYTORUN"] = "false",
            },
            Cancellation);

        var version = await Engine.DockerAsync(["run", "--rm", image, "version"], cancellation: Cancellation);
        Assert.Equal("x", version.Stdout);
    }
}
