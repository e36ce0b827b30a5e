using System.Globalization;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>The processes of this machine, by what their command lines name; orphans are found like all others.</summary>
internal static class ProcessTable
{
    /// <summary>Process ids and command lines of all processes with <paramref name="text"/> in an argument.</summary>
    public static IReadOnlyDictionary<int, string> Mentioning(string text)
    {
        var found = new Dictionary<int, string>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                || id == Environment.ProcessId)
            {
                continue;
            }

            try
            {
                var commandLine = File.ReadAllText(Path.Combine(directory, "cmdline")).Replace('\0', ' ').TrimEnd();
                if (commandLine.Contains(text, StringComparison.Ordinal))
                {
                    found[id] = commandLine;
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile.
            }
        }

        return found;
    }
}
