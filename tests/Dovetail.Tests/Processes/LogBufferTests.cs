using Dovetail.Processes;

namespace Dovetail.Tests.Processes;

public sealed class LogBufferTests
{
    [Fact]
    public void The_newest_lines_are_kept_oldest_first()
    {
        var log = new LogBuffer(3);
        foreach (var line in (string[])["a", "b", "c", "d"])
        {
            log.Add(line);
        }

        Assert.Equal(["b", "c", "d"], log.Tail(10));
        Assert.Equal(["d"], log.Tail(1));
    }
}
