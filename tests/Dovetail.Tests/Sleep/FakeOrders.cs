using System.Collections.Concurrent;
using Dovetail.Containers;
using Dovetail.Docker;

namespace Dovetail.Tests.Sleep;

/// <summary>An Engine that does what it is told, and says what was asked of it.</summary>
internal sealed class FakeOrders : IContainerOrders
{
    public ConcurrentDictionary<string, Container> Containers { get; } = new(StringComparer.Ordinal);

    /// <summary>What was done: <c>start NAME</c> and <c>stop NAME</c>.</summary>
    public ConcurrentQueue<string> Done { get; } = new();

    /// <summary>Called before an order is carried out; by what was to be done.</summary>
    public Func<string, Task> Interfere { get; set; } = static _ => Task.CompletedTask;

    public void Add(params Container[] containers)
    {
        foreach (var container in containers)
        {
            Containers[container.Id] = container;
        }
    }

    public Task<IReadOnlyList<Container>> ListAsync(Container container, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<Container>>([.. Containers.Values.Where(other => other.Engine == container.Engine)]);

    public Task<Container?> FindAsync(Container container, CancellationToken cancellationToken) =>
        Task.FromResult(Containers.GetValueOrDefault(container.Id));

    public Task StartAsync(Container container, CancellationToken cancellationToken) =>
        OrderAsync("start", container, container with { State = ContainerState.Running, StartedAt = container.StartedAt.AddSeconds(1) });

    public Task StopAsync(Container container, CancellationToken cancellationToken) =>
        OrderAsync("stop", container, container with { State = ContainerState.Exited });

    private async Task OrderAsync(string what, Container container, Container after)
    {
        await Interfere($"{what} {container.Name}");
        Containers[container.Id] = after;
        Done.Enqueue($"{what} {container.Name}");
    }
}
