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

    public static async Task<TestNetwork> CreateAsync(Engine engine, string name, CancellationToken cancellation)
    {
        await engine.DockerAsync(["network", "create", name], cancellation: cancellation);
        return new TestNetwork(engine, name);
    }

    public async ValueTask DisposeAsync() => await _engine.DockerAsync(["network", "rm", Name]);
}
