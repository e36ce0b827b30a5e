using System.Globalization;

namespace Dovetail.Processes;

/// <summary>What a process takes of the machine, from <c>/proc/PID/stat</c> (proc(5)).</summary>
/// <param name="ResidentBytes">Resident memory, in bytes.</param>
/// <param name="ProcessorTime">User and system time since its start.</param>
internal sealed record ProcessUsage(long ResidentBytes, TimeSpan ProcessorTime)
{
    // USER_HZ is 100 on every architecture that Dovetail runs on.
    private const double TicksPerSecond = 100;

    // Fields after the name: state is the first.
    private const int UserTime = 11;
    private const int SystemTime = 12;
    private const int ResidentPages = 21;

    /// <returns>Null: there is no such process.</returns>
    public static ProcessUsage? Of(int processId)
    {
        try
        {
            return Parse(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat")));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <returns>Null: the text is no line of that file.</returns>
    public static ProcessUsage? Parse(string stat)
    {
        // The name may hold spaces and parentheses.
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return fields.Length > ResidentPages
            && long.TryParse(fields[UserTime], CultureInfo.InvariantCulture, out var user)
            && long.TryParse(fields[SystemTime], CultureInfo.InvariantCulture, out var system)
            && long.TryParse(fields[ResidentPages], CultureInfo.InvariantCulture, out var pages)
            ? new ProcessUsage(pages * Environment.SystemPageSize, TimeSpan.FromSeconds((user + system) / TicksPerSecond))
            : null;
    }
}
