using System.Collections.Concurrent;
using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Proxy.Upstreams;
using Dovetail.Services;
using Dovetail.Services.Files;

namespace Dovetail.Sleep;

/// <summary>
/// Stops the containers whose services nobody uses, and starts them when somebody does. What sleeps it knows from the listings alone, so
/// that it knows it after a restart as well.
/// </summary>
internal sealed partial class Sleeper : BackgroundService, IServiceUses
{
    // After another's stop a removal may follow, or another start, as whenever "docker compose up" makes a container anew.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    // A dependency may take as long as any container; requests have given up before.
    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(10);

    // From a stop or a start to the listing that shows it, where no event tells of it.
    private static readonly TimeSpan ListedWithin = TimeSpan.FromMinutes(2);

    private readonly ContainerStarter _starter;
    private readonly ContainerStopper _stopper;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ContainerBook _book;
    private readonly WakeSignal _changed;
    private readonly ConcurrentDictionary<string, ServiceUse> _uses = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private volatile ContainerSnapshot? _snapshot;
    private volatile ServicesFile? _file;
    private long _stops;
    private long _starts;
    private long _failedStarts;

    /// <param name="random">For the jitter of waits.</param>
    public Sleeper(ContainerStarter starter, ContainerStopper stopper, TimeProvider time, Random random, ILogger<Sleeper> logger)
    {
        (_starter, _stopper, _time, _logger) = (starter, stopper, time, logger);
        _book = new ContainerBook(UseOf, time, random);
        _changed = new WakeSignal(time);
    }

    /// <summary>Called when the same listing means something else than before. It must return soon.</summary>
    public Action Changed { get; set; } = static () => { };

    public SleepCounts Counts => new(Interlocked.Read(ref _stops), Interlocked.Read(ref _starts), Interlocked.Read(ref _failedStarts));

    public IServiceUse Of(string service) => UseOf(service);

    /// <inheritdoc cref="ContainerBook.Observe"/>
    /// <param name="file">The services file that is the reason too; null: there is none.</param>
    public DesiredState Observe(ContainerSnapshot snapshot, DesiredState desired, ServicesFile? file = null)
    {
        (_snapshot, _file) = (snapshot, file);
        var observed = _book.Observe(snapshot, desired);
        _changed.Set();
        return observed;
    }

    public override void Dispose()
    {
        base.Dispose();
        _stopping.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stop = stoppingToken.Register(_stopping.Cancel);
        while (!stoppingToken.IsCancellationRequested)
        {
            var (idle, next) = _book.TakeIdle();
            foreach (var container in idle)
            {
                _ = StopAsync(container, stoppingToken);
            }

            await _changed.WaitAsync(next, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private ServiceUse UseOf(string service) => _uses.GetOrAdd(service, name => new ServiceUse(() => WakeAsync(name), _time));

    private bool MustRun(Container container) => _snapshot?.IsOwn(container) == true || _file?.Covers(container) == true;

    private async Task StopAsync(TrackedContainer tracked, CancellationToken cancellationToken)
    {
        var (container, services) = (tracked.Container, _book.NamesOf(tracked));
        try
        {
            if (await _stopper.StopAsync(container, MustRun, Stopped, cancellationToken) is { } reason)
            {
                Log.Needed(_logger, services, container.Title, reason);
                _book.NotStopped(tracked, null);
            }
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotStopped(_logger, services, container.Title, failure.Message);
            _book.NotStopped(tracked, failure.Message);
            Changed();
        }
        catch (OperationCanceledException)
        {
            // Dovetail stops; whatever the Engine was told, it does.
        }

        _changed.Set();

        void Stopped()
        {
            Interlocked.Increment(ref _stops);
            Log.Stopped(_logger, services, container.Title);
            _book.Stopped(tracked, ListedWithin);
        }
    }

    private Task<bool> WakeAsync(string service)
    {
        var (begun, all) = _book.TakeSleeping(service);
        foreach (var (container, start) in begun)
        {
            _ = StartAsync(service, container, start);
        }

        return all;
    }

    private async Task StartAsync(string service, TrackedContainer tracked, Task<bool> start)
    {
        var container = tracked.Container;
        try
        {
            await Task.Yield();
            await tracked.StopOver.WaitAsync(_stopping.Token);
            if (!tracked.IsStoppedHere)
            {
                await Task.Delay(UntilSettled(container), _time, _stopping.Token);
                if (start.IsCompleted)
                {
                    // Another has removed it meanwhile, or started it.
                    return;
                }
            }

            Log.Starting(_logger, service, container.Title);
            Interlocked.Increment(ref _starts);
            using var deadline = new DeadlineSource(LongestStart, _time, _stopping.Token);
            await _starter.StartAsync(container, () => !start.IsCompleted, deadline.Token);
            if (!await start.WaitAsync(ListedWithin, _time, _stopping.Token))
            {
                Interlocked.Increment(ref _failedStarts);
                Log.NotStarted(_logger, service, container.Title, tracked.Failure ?? "it is gone");
            }
        }
        catch (Exception failure) when (!_stopping.IsCancellationRequested)
        {
            var reason = failure switch
            {
                OperationCanceledException => "what it depends on was not ready within ten minutes",
                TimeoutException => "the Engine took the order, but does not list it as running",
                _ => failure.Message,
            };
            Interlocked.Increment(ref _failedStarts);
            Log.NotStarted(_logger, service, container.Title, reason);
            _book.NotStarted(tracked, reason);
            Changed();
        }
        catch (Exception)
        {
            // Dovetail stops.
        }
    }

    // By the Engine's clock, which may be another.
    private TimeSpan UntilSettled(Container container)
    {
        var since = container.FinishedAt == default ? container.Created : container.FinishedAt;
        var left = since + Settling - _time.GetUtcNow();
        return left < TimeSpan.Zero ? TimeSpan.Zero : left > Settling ? Settling : left;
    }

    private static partial class Log
    {
        [LoggerMessage(
            2101, LogLevel.Information, "{Service}: no request came for a while; container {Container} is stopped until the next")]
        public static partial void Stopped(ILogger logger, string service, string container);

        [LoggerMessage(
            2102, LogLevel.Debug, "{Service}: no request came for a while, but container {Container} goes on: {Reason}")]
        public static partial void Needed(ILogger logger, string service, string container, string reason);

        [LoggerMessage(
            2103, LogLevel.Warning, "{Service}: no request came for a while, but container {Container} cannot be stopped: {Reason}")]
        public static partial void NotStopped(ILogger logger, string service, string container, string reason);

        [LoggerMessage(2104, LogLevel.Information, "{Service}: a request came; starting container {Container}")]
        public static partial void Starting(ILogger logger, string service, string container);

        [LoggerMessage(2105, LogLevel.Warning, "{Service}: container {Container} could not be started: {Reason}")]
        public static partial void NotStarted(ILogger logger, string service, string container, string reason);
    }
}

/// <summary>What was done to containers since Dovetail's start.</summary>
internal readonly record struct SleepCounts(long Stops, long Starts, long FailedStarts);
