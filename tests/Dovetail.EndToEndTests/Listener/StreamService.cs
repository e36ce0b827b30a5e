using System.Globalization;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>A service whose container runs the test backend for long and large exchanges.</summary>
internal sealed class StreamService : IDisposable
{
    private readonly HttpClient _direct;

    private StreamService(string name, TestContainer container, string address)
    {
        Name = name;
        Container = container;
        _direct = new HttpClient { BaseAddress = new Uri($"http://{address}/") };
    }

    public string Name { get; }

    public TestContainer Container { get; }

    /// <summary>Runs the container and waits until it answers.</summary>
    /// <param name="labels">Further labels, without the prefix and its dot.</param>
    public static async Task<StreamService> RunAsync(
        EndToEndTest test, string name, IReadOnlyDictionary<string, string>? labels = null, CancellationToken cancellation = default)
    {
        var all = new Dictionary<string, string>(labels ?? new Dictionary<string, string>()) { ["name"] = name, ["port"] = "80" };
        var container = await test.RunContainerAsync(all, options: Applications.Options());
        var service = new StreamService(name, container, await container.AddressAsync(cancellation));
        await Eventually.GetAsync(
            token => service._direct.GetStringAsync("/", token), _ => true, "the backend to answer");
        return service;
    }

    /// <summary>What the backend knows of an exchange: its state, and how much of the body has passed.</summary>
    public async Task<(string State, long Bytes)> SeenAsync(string id, CancellationToken cancellation)
    {
        var words = (await _direct.GetStringAsync($"/seen?id={id}", cancellation)).Split(' ');
        return (words[0], long.Parse(words[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Lets an exchange go on that waits in the backend.</summary>
    public async Task SayAsync(string id, CancellationToken cancellation) => await _direct.GetStringAsync($"/say?id={id}", cancellation);

    /// <summary>Ends the backend as the kernel does it when memory is short.</summary>
    public Task KillAsync(Engine engine, CancellationToken cancellation) =>
        engine.DockerAsync(["kill", Container.Id], cancellation: cancellation);

    public void Dispose() => _direct.Dispose();
}
