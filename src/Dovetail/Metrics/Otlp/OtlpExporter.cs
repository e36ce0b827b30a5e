using Dovetail.Common;

namespace Dovetail.Metrics.Otlp;

/// <summary>
/// Sends the metrics to a collector, at every interval and at the end. What cannot be sent is not kept: as sums are cumulative, the next
/// export says it too, and comes sooner than it would have.
/// </summary>
/// <param name="version">Of Dovetail.</param>
internal sealed partial class OtlpExporter(
    OtlpOptions options, string version, OtlpClient client, OtlpExporter.Source source, TimeProvider time, Random random,
    ILogger<OtlpExporter> logger) : BackgroundService, IHostedLifecycleService
{
    // Soon enough that one who starts Dovetail sees a mistake.
    private static readonly TimeSpan LongestFirstWait = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    // The whole shutdown has nine seconds, of which the drain may take five.
    private static readonly TimeSpan LastTimeout = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<KeyValuePair<string, string>> _resource = options.ResourceOf(version, Environment.MachineName);

    private readonly CollectorReport _report = new(options.Collector, time, logger);

    /// <summary>Where metrics come from.</summary>
    /// <param name="Start">Has listeners measure.</param>
    /// <param name="Write">Writes all metrics.</param>
    /// <param name="WriteLast">Writes what there is to say when everything has ended.</param>
    internal sealed record Source(Action Start, Action<IMetricWriter> Write, Action<IMetricWriter> WriteLast);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Comes when the listeners have drained: what they served last is counted too.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        using var deadline = new DeadlineSource(LastTimeout, time, cancellationToken);
        try
        {
            await ExportAsync(source.WriteLast, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            // The end does not wait for a collector.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        source.Start();
        Log.Sending(logger, options.Collector, options.Interval.TotalSeconds);
        var failures = 0;
        var wait = options.Interval < LongestFirstWait ? options.Interval : LongestFirstWait;
        while (true)
        {
            await Task.Delay(wait, time, stoppingToken);
            var answer = await ExportAsync(source.Write, stoppingToken);
            failures = answer.Verdict == OtlpVerdict.Later ? failures + 1 : 0;
            wait = WaitAfter(answer, failures);
        }
    }

    // Retries by the OTLP specification: exponential backoff, and never sooner than the collector asks for.
    private TimeSpan WaitAfter(OtlpAnswer answer, int failures)
    {
        var wait = answer.Verdict == OtlpVerdict.Later
            ? Backoff.Wait(failures, FirstRetry, LongestRetry, random.NextDouble())
            : options.Interval;
        return answer.After is { } asked && asked > wait ? asked : wait;
    }

    private async Task<OtlpAnswer> ExportAsync(Action<IMetricWriter> write, CancellationToken cancellationToken)
    {
        try
        {
            var document = new OtlpDocument(_resource, version, time.GetUtcNow());
            write(document);
            var answer = await client.SendAsync(document.ToBytes(), cancellationToken);
            _report.Note(answer);
            return answer;
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            Log.Broken(logger, bug);
            return new OtlpAnswer(OtlpVerdict.Refused);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5100, LogLevel.Information, "Metrics go to the collector at {Collector} every {Seconds} s")]
        public static partial void Sending(ILogger logger, string collector, double seconds);

        [LoggerMessage(5105, LogLevel.Error, "Sending metrics failed in a way that was not foreseen; nothing else is affected")]
        public static partial void Broken(ILogger logger, Exception bug);
    }
}
