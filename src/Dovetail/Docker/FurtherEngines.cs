using System.Runtime.CompilerServices;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>An Engine besides that of <c>DOCKER_HOST</c>.</summary>
/// <param name="Name">In the configuration.</param>
internal sealed record FurtherEngine(string Name, DockerClient Client, DockerWatcher Watcher);

/// <summary>How the watcher of a further Engine gets on with it.</summary>
/// <param name="Name">In the configuration.</param>
/// <param name="Endpoint">Where it is, as the configuration says it.</param>
internal sealed record EngineHealth(string Name, string Endpoint, DockerHealth Health);

/// <summary>
/// The Engines besides that of <c>DOCKER_HOST</c>, each with connections and a watcher of its own: one that is away or slow holds up no
/// other. It owns the connections.
/// </summary>
internal sealed class FurtherEngines : IDisposable
{
    // Else a container could have a name for a moment to which one of a slower Engine has the older right.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly DockerWatcher _home;
    private readonly TimeProvider _time;
    private readonly bool _mayBeInContainer;
    private readonly Lock _lock = new();
    private readonly EngineSnapshot[] _known;

    /// <param name="endpoints">Each with its name.</param>
    /// <param name="home">The watcher of the Engine of <c>DOCKER_HOST</c>. Not owned.</param>
    /// <param name="options">Of that one; the others are watched in the same way.</param>
    public FurtherEngines(
        IEnumerable<DockerEndpoint> endpoints,
        DockerWatcher home,
        DockerWatcherOptions options,
        TimeProvider time,
        Random random,
        ILogger<DockerWatcher> logger)
    {
        (_home, _time) = (home, time);
        _mayBeInContainer = SelfLocator.MayBeInContainer(options);
        All =
        [
            .. from endpoint in endpoints
               let client = new DockerClient(endpoint, time)
               // Over SSH each connection takes some seconds.
               let own = endpoint.Ssh is null ? options : options with { InspectTimeout = SshConnection.Patience }
               select new FurtherEngine(endpoint.Engine ?? "", client, new DockerWatcher(client, own, time, random, logger)),
        ];
        _known = [new EngineSnapshot(null, null), .. All.Select(static engine => new EngineSnapshot(engine.Name, null))];
    }

    public IReadOnlyList<FurtherEngine> All { get; }

    public IReadOnlyList<EngineHealth> Health =>
        [.. All.Select(static engine => new EngineHealth(engine.Name, engine.Client.Endpoint.ToString(), engine.Watcher.Health))];

    public FurtherEngine? Find(string name) => All.FirstOrDefault(engine => engine.Name == name);

    /// <summary>Has each Engine list those of these containers that are its own.</summary>
    public void Select(ContainerSelection selection)
    {
        foreach (var engine in All)
        {
            engine.Watcher.Select(selection.Of(engine.Name));
        }
    }

    /// <summary>
    /// What all Engines list, as one, after each change in any of them. The first comes when each has been listed, or after some seconds
    /// when one has; what of the others is not known, it says.
    /// </summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async IAsyncEnumerable<ContainerSnapshot> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var changed = new WakeSignal(_time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] reading =
        [
            ReadAsync(0, _home, changed, stop.Token),
            .. All.Select((engine, place) => ReadAsync(place + 1, engine.Watcher, changed, stop.Token)),
        ];
        var broken = Task.WhenAny(reading);
        _ = broken.ContinueWith(_ => changed.Set(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        try
        {
            var begun = _time.GetTimestamp();
            ContainerSnapshot? last = null;
            while (true)
            {
                var left = Patience - _time.GetElapsedTime(begun);
                var now = Merge();
                if (now is not null && now != last && (now.Unlisted.Count == 0 || left <= TimeSpan.Zero))
                {
                    last = now;
                    yield return now;
                    continue;
                }

                await changed.WaitAsync(left > TimeSpan.Zero ? left : Timeout.InfiniteTimeSpan, cancellationToken);
                if (broken.IsCompleted)
                {
                    // No watcher ends by itself: whoever reads this says what it was, and begins anew with what is known.
                    await await broken;
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        foreach (var engine in All)
        {
            engine.Client.Dispose();
        }
    }

    private async Task ReadAsync(int place, DockerWatcher watcher, WakeSignal changed, CancellationToken cancellationToken)
    {
        await foreach (var snapshot in watcher.WatchAsync(cancellationToken))
        {
            lock (_lock)
            {
                _known[place] = _known[place] with { Snapshot = snapshot };
            }

            changed.Set();
        }
    }

    private ContainerSnapshot? Merge()
    {
        lock (_lock)
        {
            return EngineSnapshots.Merge(_known, _mayBeInContainer);
        }
    }
}
