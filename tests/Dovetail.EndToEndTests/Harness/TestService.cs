namespace Dovetail.EndToEndTests.Harness;

/// <summary>A service of the Engine's swarm that runs the test image. Disposing removes it, and waits for its containers to go.</summary>
internal sealed class TestService : IAsyncDisposable
{
    private readonly Engine _engine;

    private TestService(Engine engine, string name)
    {
        _engine = engine;
        Name = name;
    }

    public string Name { get; }

    /// <param name="labels">Of the service, as <c>deploy.labels</c> in a stack file.</param>
    public static async Task<TestService> CreateAsync(
        Engine engine, string name, IReadOnlyDictionary<string, string> labels, IEnumerable<string> options, CancellationToken cancellation)
    {
        var image = await engine.ImageAsync(cancellation);
        await engine.DockerAsync(
            [
                "service", "create", "--detach", "--quiet", "--no-resolve-image", "--name", name, "--stop-signal", "KILL", "--env",
                "GREETING=Hello", .. labels.SelectMany(label => (string[])["--label", $"{label.Key}={label.Value}"]), .. options, image],
            cancellation: cancellation);
        return new TestService(engine, name);
    }

    /// <summary>Ids of its containers that run.</summary>
    public async Task<IReadOnlyList<string>> ContainersAsync(CancellationToken cancellation) =>
        (await _engine.DockerAsync(
            ["ps", "-q", "--no-trunc", "--filter", $"label=com.docker.swarm.service.name={Name}"], cancellation: cancellation))
        .Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public Task ScaleAsync(int replicas, CancellationToken cancellation) =>
        _engine.DockerAsync(["service", "scale", "--detach", $"{Name}={replicas}"], cancellation: cancellation);

    public async ValueTask DisposeAsync()
    {
        await _engine.DockerAsync(["service", "rm", Name]);
        await Eventually.GetAsync(
            async token => (await _engine.DockerAsync(
                ["ps", "-aq", "--filter", $"label=com.docker.swarm.service.name={Name}"], cancellation: token)).Stdout.Trim(),
            static left => left.Length == 0,
            $"the containers of service {Name} to go");
    }
}
