using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>
/// All that Dovetail ever tells the Engine to do, and what it has to know for it. Every failure is a <see cref="DockerException"/>, except
/// <see cref="OperationCanceledException"/> for the caller's own token.
/// </summary>
internal interface IContainerOrders
{
    /// <summary>Every container of the Engine in whatever state, as the list shows them.</summary>
    Task<IReadOnlyList<Container>> ListAsync(CancellationToken cancellationToken);

    /// <returns>Null when it is gone.</returns>
    Task<Container?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Starts a container; one that runs stays as it is.</summary>
    Task StartAsync(Container container, CancellationToken cancellationToken);

    /// <summary>Stops a container as <c>docker stop</c> does, and waits for its end; one that does not run stays as it is.</summary>
    Task StopAsync(Container container, CancellationToken cancellationToken);
}

/// <inheritdoc cref="IContainerOrders"/>
/// <param name="client">Not owned.</param>
internal sealed class ContainerOrders(DockerClient client) : IContainerOrders
{
    public async Task<IReadOnlyList<Container>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await client.ListContainersAsync(cancellationToken, evenStopped: true)).Select(ContainerMapper.From)];

    public async Task<Container?> FindAsync(string id, CancellationToken cancellationToken) =>
        await client.InspectContainerAsync(id, cancellationToken) is { } details ? ContainerMapper.From(details) : null;

    public Task StartAsync(Container container, CancellationToken cancellationToken) =>
        client.StartContainerAsync(container.Id, cancellationToken);

    public Task StopAsync(Container container, CancellationToken cancellationToken) =>
        client.StopContainerAsync(container.Id, container.StopTimeout, cancellationToken);
}
