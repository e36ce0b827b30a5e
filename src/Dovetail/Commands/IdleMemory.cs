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
    private const long Quiet = 1 << 20;

    // Intervals of quiet after which there is a second look: what goes on slowly, as a start on a busy machine does, seems to be at its end
    // more than once.
    private const int Settled = 10;

    // Bytes that a quiet time may allocate in all before they are looked at.
    private const long Worth = 8 << 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);

        // The start itself has left something behind.
        var quiet = 0;
        long givenBack = 0;
        var before = GC.GetTotalAllocatedBytes();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = GC.GetTotalAllocatedBytes();
            quiet = now - before < Quiet ? quiet + 1 : 0;
            before = now;
            if (quiet is 1 or Settled || (quiet > 0 && now - givenBack > Worth))
            {
                GiveBack();
                givenBack = now;
            }
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
