using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>
/// Reports the containers that matter, again after each change. An event never says what changed: it only makes for a new listing, so
/// that a lost event heals at the next one. No failure of the Engine ends the watching.
/// </summary>
internal sealed class DockerWatcher
{
    // A session that lasts so long starts the backoff anew.
    private static readonly TimeSpan StableSession = TimeSpan.FromSeconds(10);

    private readonly DockerClient _client;
    private readonly DockerWatcherOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ContainerLister _lister;
    private readonly DockerReport _report;
    private ContainerSelection _selection = ContainerSelection.None;
    private DockerSession? _session;
    private int _watching;

    /// <param name="client">Not owned.</param>
    /// <param name="random">For the jitter of the backoff.</param>
    public DockerWatcher(DockerClient client, DockerWatcherOptions options, TimeProvider time, Random random, ILogger<DockerWatcher> logger)
    {
        _client = client;
        _options = options;
        _time = time;
        _random = random;
        _lister = ContainerLister.Create(client, options, time, () => Volatile.Read(ref _selection));
        _report = new DockerReport(client.Endpoint, options.ResyncInterval, time, logger);
    }

    public DockerHealth Health => _report.Health;

    /// <summary>Lists these containers as well, though they have no label; instead of those that were chosen so before.</summary>
    public void Select(ContainerSelection selection)
    {
        if (Volatile.Read(ref _selection) != selection)
        {
            Volatile.Write(ref _selection, selection);
            Volatile.Read(ref _session)?.ListAgain();
        }
    }

    /// <summary>
    /// The first full listing, and then one after each change; a slow reader gets the newest only. Ends only by the token. While the
    /// Engine is away there is nothing to read; where there is to be none, no container.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is a reader already.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async IAsyncEnumerable<ContainerSnapshot> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_client.Endpoint.IsNone)
        {
            yield return new ContainerSnapshot();
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken);
        }

        if (Interlocked.Exchange(ref _watching, 1) != 0)
        {
            throw new InvalidOperationException("The watcher has a reader already.");
        }

        var snapshots = Channel.CreateBounded<ContainerSnapshot>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sessions = Task.Run(() => RunAsync(snapshots.Writer, stop.Token), CancellationToken.None);
        try
        {
            ContainerSnapshot? last = null;
            await foreach (var snapshot in snapshots.Reader.ReadAllAsync(cancellationToken))
            {
                if (snapshot != last)
                {
                    last = snapshot;
                    yield return snapshot;
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await sessions.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Volatile.Write(ref _watching, 0);
        }
    }

    private async Task RunAsync(ChannelWriter<ContainerSnapshot> snapshots, CancellationToken cancellationToken)
    {
        for (var failures = 0; ;)
        {
            var session = new DockerSession(_client, _lister, _report, _options, _time, snapshot => snapshots.TryWrite(snapshot));
            Volatile.Write(ref _session, session);
            try
            {
                await session.RunAsync(cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                _report.Lost(exception, session.HasListed);
            }

            failures = session.Age >= StableSession ? 1 : failures + 1;
            var wait = Backoff.Wait(failures, _options.MinReconnectDelay, _options.MaxReconnectDelay, _random.NextDouble());
            await Task.Delay(wait, _time, cancellationToken);
        }
    }
}
