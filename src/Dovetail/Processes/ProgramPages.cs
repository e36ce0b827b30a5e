using System.Globalization;
using System.Runtime.InteropServices;

namespace Dovetail.Processes;

/// <summary>
/// The pages of this program's own file that are in memory. More than half of them are there for the start alone, or because the kernel maps
/// the neighbours of each page that is needed.
/// </summary>
internal static partial class ProgramPages
{
    // madvise(2), MADV_DONTNEED: what is needed again is mapped again, from the file.
    private const int DontNeed = 4;

    /// <summary>Lets the kernel take them; those that are used come back by themselves, in some microseconds each.</summary>
    public static void Release()
    {
        try
        {
            foreach (var (start, length) in Clean(File.ReadLines("/proc/self/smaps"), Environment.ProcessPath))
            {
                _ = Advise(start, length, DontNeed);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Without /proc they stay.
        }
    }

    /// <summary>The parts of a program that nobody can have changed in memory.</summary>
    /// <param name="smaps">Lines of proc_pid_smaps(5).</param>
    /// <param name="program">Path of the file; null: none.</param>
    public static IEnumerable<(nint Start, nuint Length)> Clean(IEnumerable<string> smaps, string? program)
    {
        (nint Start, nuint Length)? readOnly = null;
        foreach (var line in smaps)
        {
            if (line.StartsWith("Private_Dirty:", StringComparison.Ordinal))
            {
                // What relocation has written was made read-only after it, and is in no file.
                if (readOnly is { } part && line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] == "0")
                {
                    yield return part;
                }
            }
            else if (line.Length > 0 && char.IsAsciiHexDigitLower(line[0])
                && line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries) is [var range, var rights, ..] fields)
            {
                var isOurs = fields.Length == 6 && fields[5].Trim() == program && (rights is "r-xp" or "r--p");
                readOnly = isOurs ? Range(range) : null;
            }
        }
    }

    private static (nint Start, nuint Length) Range(string text)
    {
        var ends = text.Split('-').Select(static end => long.Parse(end, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
        return ((nint)ends[0], (nuint)(ends[1] - ends[0]));
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
