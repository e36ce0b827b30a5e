using Dovetail.Commands;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Commands;

public sealed class LogLinesTests
{
    [Fact]
    public void An_event_is_one_line_whatever_it_holds()
    {
        var lines = new LogLines(new FakeTimeProvider(new DateTimeOffset(2026, 11, 29, 1, 2, 3, 4, TimeSpan.Zero)));
        using var written = new StringWriter();
        var failure = new InvalidOperationException("first\nsecond \u001b[2J");

        lines.Write(
            new LogEntry<string>(LogLevel.Warning, "Dovetail.Test", new EventId(7), "network \u001b]0;owned\a\n", failure, (state, _) => state), null, written);

        Assert.StartsWith(
            "2026-11-29T01:02:03.004Z warn: Dovetail.Test[7] network \\u{1B}]0;owned\\u{7}  System.InvalidOperationException: first second \\u{1B}[2J", written.ToString());
        Assert.Equal(1, written.ToString().Count(letter => letter == '\n'));
    }
}
