using System.Globalization;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>What a running Dovetail takes of its machine, from <c>/proc</c> (proc(5)).</summary>
/// <param name="Children">Its child processes, zombies included.</param>
/// <param name="Addresses">Loopback addresses on which it listens.</param>
/// <param name="Memory">Resident, in MB.</param>
internal sealed record Footprint(int Children, int Threads, int Descriptors, int Addresses, long Memory)
{
    public static Footprint Of(int processId) => new(
        Directory.EnumerateDirectories($"/proc/{processId}/task").Sum(CountChildren),
        Directory.GetDirectories($"/proc/{processId}/task").Length,
        Directory.GetFiles($"/proc/{processId}/fd").Length,
        ListeningSockets.Of(processId).Select(socket => socket.Address).Distinct().Count(),
        ResidentKilobytes(processId) / 1024);

    public override string ToString() =>
        $"{Children} children, {Threads} threads, {Descriptors} descriptors, {Addresses} loopback addresses, {Memory} MB resident";

    private static int CountChildren(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        }
        catch (Exception ended) when (ended is IOException)
        {
            // A thread that ended meanwhile has handed its children on.
            return 0;
        }
    }

    private static long ResidentKilobytes(int processId) => long.Parse(
        File.ReadLines($"/proc/{processId}/status")
            .First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
