using Dovetail.Docker;
using Dovetail.Notifications.Messages;
using Dovetail.Notifications.Receivers;
using Dovetail.Reconciliation;

namespace Dovetail.Notifications;

/// <summary>
/// Looks now and then how everything stands, and tells the receivers what has begun and what is over. It only reads reports: nothing waits
/// for it, and nothing knows of it.
/// </summary>
internal sealed partial class Notifier(
    Reconciler reconciler,
    DockerWatcher watcher,
    NotifyOptions options,
    Outboxes outboxes,
    TimeProvider time,
    ILogger<Notifier> logger,
    FurtherEngines? further = null) : BackgroundService
{
    // Of the nine seconds that the daemon has.
    private static readonly TimeSpan FlushTime = TimeSpan.FromSeconds(3);

    private readonly FindingReader _reader = new(options.Least, options.TellsLoginUrls);
    private readonly FindingWatch _watch = new(options.Watch);
    private readonly MessageWriter _writer = new(Environment.MachineName);

    /// <summary>How the receivers have fared.</summary>
    public IReadOnlyList<ReceiverReport> Report() => outboxes.Report();

    /// <summary>Sends a test to each receiver, once.</summary>
    /// <returns>How each answered; or why there are none.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public Task<(IReadOnlyList<(Receiver Receiver, Delivery Delivery)> Answers, string? Problem)> TestAsync(
        CancellationToken cancellationToken) => outboxes.TryAsync(_writer.Test(time.GetUtcNow()), cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            Tell(() => _watch.Look(_reader.Read(reconciler.Report(), watcher.Health, further?.Health), time.GetUtcNow()));
            await Task.Delay(options.Watch.Interval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // Nothing is looked at any more: nodes that stop are no news.
        Tell(() => _watch.End(time.GetUtcNow()));
        await outboxes.FlushAsync(FlushTime);
    }

    private void Tell(Func<IReadOnlyList<Change>> changes)
    {
        try
        {
            if (changes() is { Count: > 0 } news)
            {
                var message = _writer.Write(news, time.GetUtcNow());
                outboxes.Post(message);
                Log.Told(logger, message.Title);
            }
        }
        catch (Exception bug)
        {
            Log.Broken(logger, bug);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5200, LogLevel.Information, "Notification: {Title}")]
        public static partial void Told(ILogger logger, string title);

        [LoggerMessage(5201, LogLevel.Error, "This is a bug in Dovetail; notifications go on")]
        public static partial void Broken(ILogger logger, Exception bug);
    }
}
