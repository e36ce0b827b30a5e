using Dovetail.Services;

namespace Dovetail.Reconciliation;

/// <summary>Says in the log what is refused, and what may be a mistake; each once.</summary>
internal sealed partial class RefusalLog(ILogger logger)
{
    public void Write(DesiredState before, DesiredState after)
    {
        foreach (var refusal in after.Rejected.Except(before.Rejected))
        {
            var (source, service, reason) = refusal;
            if (!refusal.IsOfFile)
            {
                Log.Rejected(logger, service ?? "", source, reason);
            }
            else if (service is null)
            {
                Log.OfFile(logger, source, reason);
            }
            else
            {
                Log.RejectedEntry(logger, service, source, reason);
            }
        }

        foreach (var warning in after.Warnings.Except(before.Warnings))
        {
            var (source, service, text) = warning;
            if (!warning.IsOfFile)
            {
                Log.LabelWarning(logger, service ?? "", source, text);
            }
            else if (service is null)
            {
                Log.OfFile(logger, source, text);
            }
            else
            {
                Log.EntryWarning(logger, service, source, text);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(2004, LogLevel.Warning, "{Service}: container {Container} is refused: {Reason}")]
        public static partial void Rejected(ILogger logger, string service, string container, string reason);

        [LoggerMessage(2005, LogLevel.Warning, "{Service}: container {Container}: {Text}")]
        public static partial void LabelWarning(ILogger logger, string service, string container, string text);

        [LoggerMessage(2018, LogLevel.Warning, "{Service}: {Place} is refused: {Reason}")]
        public static partial void RejectedEntry(ILogger logger, string service, string place, string reason);

        [LoggerMessage(2009, LogLevel.Warning, "{Service}: {Place}: {Text}")]
        public static partial void EntryWarning(ILogger logger, string service, string place, string text);

        [LoggerMessage(2019, LogLevel.Warning, "{Place}: {Text}")]
        public static partial void OfFile(ILogger logger, string place, string text);
    }
}
