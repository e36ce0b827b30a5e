using System.Globalization;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>The most memory that a process has had resident, as the kernel counts it: no peak escapes between two looks.</summary>
internal static class PeakMemory
{
    /// <summary>In MB, since the start of the process or the last <see cref="Forget"/>.</summary>
    public static double Of(int processId) => double.Parse(
        File.ReadLines($"/proc/{processId}/status")
            .First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1024;

    /// <summary>The peak is what is resident now (proc_pid_clear_refs(5): 5 resets it).</summary>
    public static void Forget(int processId) => File.WriteAllText($"/proc/{processId}/clear_refs", "5");
}
