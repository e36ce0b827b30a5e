using System.Runtime.InteropServices;
using Dovetail.Processes;

namespace Dovetail.Commands;

/// <summary>
/// Gives memory back that a busy time has left behind. The collector keeps what it has room for, and the C library keeps what TLS freed, until
/// something needs memory again; a daemon that is idle for hours needs nothing.
/// </summary>
internal sealed partial class IdleMemory(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // Bytes allocated within an interval: polls of a hundred nodes stay below, some requests a second do not.
    private const long Quiet = 2 << 20;

    // Bytes allocated since the last time: less is not worth the pause (some 10 ms).
    private const long Worth = 8 << 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        // The start itself has left something behind.
        var givenBack = -Worth;
        var before = GC.GetTotalAllocatedBytes();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = GC.GetTotalAllocatedBytes();
            if (now - before < Quiet && now - givenBack > Worth)
            {
                GiveBack();
                givenBack = now;
            }

            before = now;
        }
    }

    private static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such thing, and gives back by itself.
        }

        ProgramPages.Release();
    }

    // malloc_trim(3), of glibc.
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
