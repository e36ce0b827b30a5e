using System.Globalization;

namespace LoadBench.Measuring;

/// <summary>Memory of some processes together, in MB of 1024 × 1024 bytes (proc_pid_smaps_rollup, proc_pid_status(5)).</summary>
/// <param name="Resident">Rss: with pages that others have mapped too.</param>
/// <param name="Proportional">Pss: such pages shared out among those that have them.</param>
/// <param name="PrivateDirty">Written pages that nobody else has.</param>
/// <param name="Peak">The most that has been resident since <see cref="ForgetPeak"/>.</param>
internal sealed record Memory(double Resident, double Proportional, double PrivateDirty, double Peak)
{
    public static Memory Of(IReadOnlyCollection<int> processes) => new(
        processes.Sum(process => Field(process, "smaps_rollup", "Rss:")),
        processes.Sum(process => Field(process, "smaps_rollup", "Pss:")),
        processes.Sum(process => Field(process, "smaps_rollup", "Private_Dirty:")),
        processes.Sum(process => Field(process, "status", "VmHWM:")));

    public static void ForgetPeak(IEnumerable<int> processes)
    {
        foreach (var process in processes)
        {
            File.WriteAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/clear_refs"), "5");
        }
    }

    private static double Field(int process, string file, string name)
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/{file}"))
            .First(line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
