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

    // Bytes that a quiet time may allocate in all before they are looked at.
    private const long Worth = 8 << 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);

        // The start itself has left something behind.
        var wasBusy = true;
        long givenBack = 0;
        var before = GC.GetTotalAllocatedBytes();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = GC.GetTotalAllocatedBytes();
            if (now - before >= Quiet)
            {
                wasBusy = true;
            }
            else if (wasBusy || now - givenBack > Worth)
            {
                GiveBack();
                (wasBusy, givenBack) = (false, now);
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
