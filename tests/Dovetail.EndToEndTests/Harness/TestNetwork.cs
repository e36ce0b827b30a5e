namespace Dovetail.EndToEndTests.Harness;

/// <summary>A Docker network of one test's own: nobody else takes or gives back addresses on it. Disposing removes it.</summary>
internal sealed class TestNetwork : IAsyncDisposable
{
    private readonly Engine _engine;

    private TestNetwork(Engine engine, string name)
    {
        _engine = engine;
        Name = name;
    }

    public string Name { get; }

    /// <param name="options">Further options of <c>docker network create</c>.</param>
    public static async Task<TestNetwork> CreateAsync(Engine engine, string name, CancellationToken cancellation, params string[] options)
    {
        await engine.DockerAsync(["network", "create", .. options, name], cancellation: cancellation);
        return new TestNetwork(engine, name);
    }

    // A swarm holds on to a network for a moment after its last task.
    public async ValueTask DisposeAsync() => await Eventually.GetAsync(
        token => _engine.DockerAsync(["network", "rm", Name], cancellation: token), static _ => true, $"network {Name} to go");
}
