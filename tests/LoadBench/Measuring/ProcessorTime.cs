using System.Globalization;
using System.Runtime.InteropServices;

namespace LoadBench.Measuring;

/// <summary>
/// Processor time of whole processes, threads that have ended included, as the kernel accounts it (proc_pid_stat(5), fields 14 and 15).
/// </summary>
internal static partial class ProcessorTime
{
    private const int ClockTicks = 2;
    private static readonly double TicksPerSecond = SystemConfiguration(ClockTicks);

    /// <summary>In seconds, to a hundredth, of all of them together; a process that has ended counts nothing.</summary>
    public static double Of(IEnumerable<int> processes) => processes.Sum(process => Of(process));

    private static double Of(int process)
    {
        string stat;
        try
        {
            stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
        }
        catch (Exception ended) when (ended is IOException)
        {
            return 0;
        }

        // The name in parentheses may hold spaces; field 3 is the first behind it.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
    }

    private static long Number(string field) => long.Parse(field, CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "sysconf")]
    private static partial nint SystemConfiguration(int name);
}
