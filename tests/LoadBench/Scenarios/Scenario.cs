using LoadBench.Load;
using LoadBench.Measuring;
using LoadBench.Stages;

namespace LoadBench.Scenarios;

/// <summary>Something that is measured.</summary>
/// <param name="name">As the command line names it.</param>
/// <param name="what">As the table names it.</param>
internal abstract class Scenario(string name, string what)
{
    public string Name => name;

    public string What => what;

    /// <summary>Whether it runs when none is named.</summary>
    public virtual bool IsUsual => true;

    /// <exception cref="InvalidOperationException">It cannot be measured here, or a request failed.</exception>
    public abstract Task<Comparison> RunAsync(Stage stage);

    /// <summary>Measures every side with a load, in turn.</summary>
    protected async Task<Comparison> CompareAsync(Stage stage, Func<Side, Task<Sample>> measure) =>
        await Rounds.CompareAsync(What, await stage.SidesAsync(), stage.Options.Rounds, measure);

    /// <summary>Runs a load and counts what the side's processes took meanwhile.</summary>
    protected static async Task<Taken> TakeAsync(Side side, Func<Task<LoadResults>> load)
    {
        Memory.ForgetPeak(side.Processes);
        var (own, relay) = (ProcessorTime.Of(side.Processes), ProcessorTime.Of(side.Relays));
        var results = await load();
        return new Taken(
            results, ProcessorTime.Of(side.Processes) - own, ProcessorTime.Of(side.Relays) - relay, Memory.Of(side.Processes));
    }
}

/// <summary>What a load came to, and what it took.</summary>
/// <param name="Processor">Seconds of the proxy itself.</param>
/// <param name="Relay">Seconds of the tailscaleds before it.</param>
internal sealed record Taken(LoadResults Results, double Processor, double Relay, Memory Memory)
{
    public double ProcessorPerRequest => Processor / Results.Requests * 1e6;

    public double RelayPerRequest => Relay / Results.Requests * 1e6;
}
