using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>
/// Tells when the containers that matter have changed. An event never says what changed: it only makes for a new listing, so that a lost
/// event heals at the next one. Survives whatever the Engine does.
/// </summary>
internal sealed partial class DockerWatcher
{
    // A session that lasts so long starts the backoff anew.
    private static readonly TimeSpan StableSession = TimeSpan.FromSeconds(10);

    private readonly DockerClient _client;
    private readonly DockerWatcherOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger<DockerWatcher> _logger;
    private readonly ContainerLister _lister;
    private DockerHealth _health = new();
    private int _watching;
    private bool _isAway;
    private OwnLocation? _host;
    private EquatableArray<string> _failures;

    /// <param name="client">Not owned.</param>
    /// <param name="random">For the jitter of the backoff.</param>
    public DockerWatcher(DockerClient client, DockerWatcherOptions options, TimeProvider time, Random random, ILogger<DockerWatcher> logger)
    {
        _client = client;
        _options = options;
        _time = time;
        _random = random;
        _logger = logger;
        _lister = new ContainerLister(client, new SelfLocator(client, options.Container, SelfLocator.ReadHints()), options.LabelPrefix, options.InspectTimeout);
    }

    public DockerHealth Health => Volatile.Read(ref _health);

    /// <summary>
    /// The first full listing, and then one after each change; a slow reader gets the newest only. Ends only by the token, with
    /// <see cref="OperationCanceledException"/>. While the Engine is away there is nothing to read. One reader at a time.
    /// </summary>
    public async IAsyncEnumerable<ContainerSnapshot> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
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
        for (var attempt = 0; !cancellationToken.IsCancellationRequested;)
        {
            var session = new Session(_time, snapshots);
            try
            {
                await RunSessionAsync(session, cancellationToken);
            }
            catch (DockerException exception)
            {
                Lost(session, exception.Message);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                Log.Unexpected(_logger, exception);
                Lost(session, exception.Message);
            }

            attempt = session.Age >= StableSession ? 0 : attempt;
            var delay = ReconnectDelay.After(attempt++, _options.MinReconnectDelay, _options.MaxReconnectDelay, _random.NextDouble());
            await Task.Delay(delay, _time, cancellationToken);
        }
    }

    private async Task RunSessionAsync(Session session, CancellationToken cancellationToken)
    {
        // 1. Another Engine, or another version of it, may have come back.
        var version = await _client.GetVersionAsync(cancellationToken);

        // 2. Subscribe before the first listing, so that nothing falls between the two.
        await using var events = await _client.OpenEventsAsync(version.Clock, cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pump = PumpAsync(events, session, stop.Token);
        try
        {
            while (true)
            {
                // 3. What happens from here on makes for another listing.
                session.Changes.Reader.TryRead(out _);
                var begun = _time.GetTimestamp();
                var listing = await _lister.ListAsync(cancellationToken);
                Listed(session, version, listing);
                session.Stopping.Listed(listing.Snapshot, begun);

                // 4. Wait for an event or the resync, then for the burst to end.
                await NextChangeAsync(session, pump, cancellationToken);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PumpAsync(DockerEventStream events, Session session, CancellationToken cancellationToken)
    {
        await foreach (var message in events.ReadAsync(cancellationToken))
        {
            Log.Event(_logger, Printable.Text(message.Type ?? ""), Printable.Text(message.Action ?? ""), Printable.Text(message.Actor?.ID ?? ""));
            session.Stopping.Heard(message);
            session.Changed();
        }

        throw new DockerException("Docker ended the event stream.");
    }

    private async Task NextChangeAsync(Session session, Task pump, CancellationToken cancellationToken)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var change = session.Changes.Reader.WaitToReadAsync(wait.Token).AsTask();
        var resync = Task.Delay(UntilResync(session), _time, wait.Token);
        var first = await Task.WhenAny(pump, change, resync);
        await wait.CancelAsync();
        await Task.WhenAll(change, resync).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        await first;

        var since = _time.GetTimestamp();
        while (first == change && session.SinceLastChange < _options.QuietPeriod)
        {
            var left = _options.MaxQuietWait - _time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            var quiet = _options.QuietPeriod - session.SinceLastChange;
            await Task.Delay(TimeSpan.FromTicks(Math.Clamp(quiet.Ticks, TimeSpan.TicksPerMillisecond, left.Ticks + TimeSpan.TicksPerMillisecond)), _time, cancellationToken);
        }
    }

    private TimeSpan UntilResync(Session session) => session.Stopping.NextExpiry is { } expiry && expiry < _options.ResyncInterval
        ? TimeSpan.FromTicks(Math.Max(expiry.Ticks, TimeSpan.TicksPerMillisecond))
        : _options.ResyncInterval;

    private void Listed(Session session, EngineVersion version, ContainerListing listing)
    {
        if (!session.HasListed)
        {
            session.HasListed = true;
            if (_isAway)
            {
                _isAway = false;
                Log.Back(_logger, _client.Endpoint, version.Engine, version.Api);
            }
            else if (Health.LastListing is null)
            {
                Log.Watching(_logger, _client.Endpoint, version.Engine, version.Api);
            }
        }

        var host = listing.Snapshot.Host;
        if (host != _host)
        {
            _host = host;
            Log.Located(_logger, host.Location, host.ContainerName ?? "-", string.Join(", ", host.Networks.Select(network => network.Name)), host.Gateway ?? "-");
        }

        if (listing.Failures != _failures)
        {
            _failures = listing.Failures;
            foreach (var failure in listing.Failures)
            {
                Log.Incomplete(_logger, failure);
            }
        }

        Volatile.Write(ref _health, new DockerHealth
        {
            Connected = true,
            Engine = version.Engine,
            ApiVersion = version.Api.ToString(),
            LastListing = _time.GetUtcNow(),
            LastError = listing.Failures.Count > 0 ? string.Join(" ", listing.Failures) : null,
        });
    }

    private void Lost(Session session, string error)
    {
        Volatile.Write(ref _health, Health with { Connected = false, LastError = error });
        if (session.HasListed)
        {
            // Engines and proxies end streams now and then: only when the next attempt fails is Docker away.
            Log.SessionEnded(_logger, error);
        }
        else if (!_isAway)
        {
            _isAway = true;
            Log.Away(_logger, error);
        }
    }

    /// <summary>One connection to the Engine, from its version to the end of its events.</summary>
    private sealed class Session(TimeProvider time, ChannelWriter<ContainerSnapshot> snapshots)
    {
        private readonly long _start = time.GetTimestamp();
        private long _lastChange;

        /// <summary>Publishes the listings. One per session: while there is none, events are missed.</summary>
        public StoppingContainers Stopping { get; } = new(time, snapshot => snapshots.TryWrite(snapshot));

        /// <summary>Holds one entry when there was a change since the last listing began.</summary>
        public Channel<bool> Changes { get; } = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        public bool HasListed { get; set; }

        public TimeSpan Age => HasListed ? time.GetElapsedTime(_start) : TimeSpan.Zero;

        public TimeSpan SinceLastChange => time.GetElapsedTime(Volatile.Read(ref _lastChange));

        public void Changed()
        {
            Volatile.Write(ref _lastChange, time.GetTimestamp());
            Changes.Writer.TryWrite(true);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Information, "Watching Docker {Engine} at {Endpoint} (API {Api})")]
        public static partial void Watching(ILogger logger, DockerEndpoint endpoint, string engine, ApiVersion api);

        [LoggerMessage(1002, LogLevel.Warning, "Docker is away; services stay as they are, and Dovetail keeps trying: {Error}")]
        public static partial void Away(ILogger logger, string error);

        [LoggerMessage(1003, LogLevel.Information, "Docker {Engine} is back at {Endpoint} (API {Api})")]
        public static partial void Back(ILogger logger, DockerEndpoint endpoint, string engine, ApiVersion api);

        [LoggerMessage(1004, LogLevel.Debug, "Connecting to Docker again: {Reason}")]
        public static partial void SessionEnded(ILogger logger, string reason);

        [LoggerMessage(1005, LogLevel.Information, "Dovetail runs here: {Location}, container {Container}, networks [{Networks}], address of the Docker host {Gateway}")]
        public static partial void Located(ILogger logger, DovetailLocation location, string container, string networks, string gateway);

        [LoggerMessage(1006, LogLevel.Warning, "Docker's answer is incomplete: {Failure}")]
        public static partial void Incomplete(ILogger logger, string failure);

        [LoggerMessage(1007, LogLevel.Error, "Watching Docker failed in a way that was not foreseen; Dovetail keeps trying")]
        public static partial void Unexpected(ILogger logger, Exception exception);

        [LoggerMessage(1008, LogLevel.Debug, "Docker event {Type} {Action} {Id}")]
        public static partial void Event(ILogger logger, string type, string action, string id);
    }
}
