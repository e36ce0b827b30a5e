using System.Globalization;
using Dovetail.Common;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Dovetail.Commands;

/// <summary>
/// The daemon's log as text: one line an event, in which nothing that came from outside can end the line or control a terminal, whoever
/// logged it.
/// </summary>
internal sealed class LogLines(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "lines";

    /// <summary>UTC, to the millisecond.</summary>
    public const string Timestamp = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private readonly bool _isColoured = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var (word, colour) = logEntry.LogLevel switch
        {
            LogLevel.Trace => ("trce", null),
            LogLevel.Debug => ("dbug", null),
            LogLevel.Information => ("info", Screen.Good),
            LogLevel.Warning => ("warn", Screen.Waiting),
            LogLevel.Error => ("fail", Screen.Bad),
            _ => ("crit", Screen.Bad),
        };
        textWriter.Write(time.GetUtcNow().ToString(Timestamp, CultureInfo.InvariantCulture));
        textWriter.Write(' ');
        textWriter.Write(_isColoured && colour is not null ? new Screen(true, null).Paint(word, colour) : word);
        textWriter.Write(": ");
        textWriter.Write(logEntry.Category);
        textWriter.Write('[');
        textWriter.Write(logEntry.EventId.Id);
        textWriter.Write("] ");
        textWriter.Write(Printable.Line(logEntry.Formatter(logEntry.State, logEntry.Exception)));
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write(' ');
            textWriter.Write(Printable.Line(exception.ToString()));
        }

        textWriter.WriteLine();
    }
}
