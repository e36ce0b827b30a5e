namespace Dovetail.Metrics.Otlp;

/// <summary>Says in the log when metrics do not reach the collector, and when they do again: seldom, whatever the collector does.</summary>
internal sealed partial class CollectorReport(string collector, TimeProvider time, ILogger logger)
{
    // Between two lines that say that something is wrong.
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);

    private long? _lastWarning;
    private long? _lastReservation;
    private long _failingSince;
    private int _failures;
    private bool _warned;

    /// <summary>Notes what became of an export.</summary>
    public void Note(OtlpAnswer answer)
    {
        if (answer.Verdict == OtlpVerdict.Taken)
        {
            NoteTaken(answer.Reason);
            return;
        }

        _failingSince = _failures++ == 0 ? time.GetTimestamp() : _failingSince;
        if (MayWarn(ref _lastWarning))
        {
            _warned = true;
            if (answer.Verdict == OtlpVerdict.Later)
            {
                Log.Away(logger, collector, answer.Reason ?? "");
            }
            else
            {
                Log.Refused(logger, collector, answer.Reason ?? "");
            }
        }
    }

    private void NoteTaken(string? reservation)
    {
        if (_warned)
        {
            Log.Back(logger, collector, (long)time.GetElapsedTime(_failingSince).TotalSeconds);
        }

        (_failures, _warned) = (0, false);
        if (reservation is not null && MayWarn(ref _lastReservation))
        {
            Log.TakenInPart(logger, collector, reservation);
        }
    }

    private bool MayWarn(ref long? last)
    {
        if (last is { } before && time.GetElapsedTime(before) < Period)
        {
            return false;
        }

        last = time.GetTimestamp();
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(5101, LogLevel.Warning,
            "Metrics do not reach the collector at {Collector}, and Dovetail keeps trying; nothing else is affected: {Reason}")]
        public static partial void Away(ILogger logger, string collector, string reason);

        [LoggerMessage(5102, LogLevel.Warning,
            "The collector at {Collector} refuses the metrics ({Reason}); check OTEL_EXPORTER_OTLP_ENDPOINT, its path, and "
            + "OTEL_EXPORTER_OTLP_HEADERS")]
        public static partial void Refused(ILogger logger, string collector, string reason);

        [LoggerMessage(5103, LogLevel.Information, "Metrics reach the collector at {Collector} again, after {Seconds} s")]
        public static partial void Back(ILogger logger, string collector, long seconds);

        [LoggerMessage(5104, LogLevel.Warning, "The collector at {Collector} takes the metrics, but: {Reason}")]
        public static partial void TakenInPart(ILogger logger, string collector, string reason);
    }
}
