using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>
/// All that Dovetail ever tells the Engine to do, and what it has to know for it. Every failure is a <see cref="DockerException"/>, except
/// <see cref="OperationCanceledException"/> for the caller's own token.
/// </summary>
internal interface IContainerOrders
{
    /// <summary>Every container of the same Engine in whatever state, as the list shows them.</summary>
    Task<IReadOnlyList<Container>> ListAsync(Container container, CancellationToken cancellationToken);

    /// <summary>Looks at it anew.</summary>
    /// <returns>Null when it is gone.</returns>
    Task<Container?> FindAsync(Container container, CancellationToken cancellationToken);

    /// <summary>Starts a container; one that runs stays as it is.</summary>
    Task StartAsync(Container container, CancellationToken cancellationToken);

    /// <summary>Stops a container as <c>docker stop</c> does, and waits for its end; one that does not run stays as it is.</summary>
    Task StopAsync(Container container, CancellationToken cancellationToken);
}

/// <inheritdoc cref="IContainerOrders"/>
/// <param name="client">Not owned.</param>
/// <param name="further">Null: there is one Engine.</param>
internal sealed class ContainerOrders(DockerClient client, FurtherEngines? further = null) : IContainerOrders
{
    public async Task<IReadOnlyList<Container>> ListAsync(Container container, CancellationToken cancellationToken) =>
    [
        .. from entry in await ClientOf(container).ListContainersAsync(cancellationToken, evenStopped: true)
           select ContainerMapper.From(entry) with { Engine = container.Engine },
    ];

    public async Task<Container?> FindAsync(Container container, CancellationToken cancellationToken) =>
        await ClientOf(container).InspectContainerAsync(container.Id, cancellationToken) is { } details
            && ContainerMapper.From(details) is { } found
            ? found with { Engine = container.Engine }
            : null;

    public Task StartAsync(Container container, CancellationToken cancellationToken) =>
        ClientOf(container).StartContainerAsync(container.Id, cancellationToken);

    public Task StopAsync(Container container, CancellationToken cancellationToken) =>
        ClientOf(container).StopContainerAsync(container.Id, container.StopTimeout, cancellationToken);

    private DockerClient ClientOf(Container container) => container.Engine is { } engine
        ? further?.Find(engine)?.Client ?? throw new DockerException($"There is no Docker Engine {engine} any more.")
        : client;
}
