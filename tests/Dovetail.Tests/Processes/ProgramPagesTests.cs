using Dovetail.Processes;

namespace Dovetail.Tests.Processes;

public sealed class ProgramPagesTests
{
    private const string Smaps = """
        55d2c0000000-55d2c0038000 r--p 00000000 fe:00 1234                       /usr/local/bin/dovetail
        Rss:                 224 kB
        Private_Dirty:         0 kB
        55d2c0038000-55d2c0d63000 r-xp 00038000 fe:00 1234                       /usr/local/bin/dovetail
        Private_Dirty:         0 kB
        55d2c15f6000-55d2c15f7000 r--p 015f6000 fe:00 1234                       /usr/local/bin/dovetail
        Private_Dirty:         4 kB
        55d2c1a7a000-55d2c1aed000 rw-p 01a7a000 fe:00 1234                       /usr/local/bin/dovetail
        Private_Dirty:         0 kB
        55d2c2000000-55d2c2a00000 rw-p 00000000 00:00 0
        Private_Dirty:         0 kB
        7f0000000000-7f0000001000 r-xp 00000000 fe:00 9                          /usr/lib/libc.so.6
        Private_Dirty:         0 kB
        """;

    [Fact]
    public void Only_what_the_file_still_holds_is_let_go() => Assert.Equal(
        [(0x55d2c0000000, 0x38000UL), (0x55d2c0038000, 0xd2b000UL)],
        ProgramPages.Clean(Smaps.Split('\n'), "/usr/local/bin/dovetail").Select(part => ((long)part.Start, (ulong)part.Length)));

    [Fact]
    public void The_program_goes_on_without_them()
    {
        ProgramPages.Release();

        // Code that has run already, and code that has not.
        Assert.NotEmpty(ProgramPages.Clean(Smaps.Split('\n'), "/usr/lib/libc.so.6"));
    }
}
