namespace FakeTailscale.Tests;

/// <summary>A command of a recording and how it ended.</summary>
internal sealed record RecordedCommand(string Heading, IReadOnlyList<string> Words, int ExitCode, string Output, string Error)
{
    /// <summary>The commands of a file under <c>Recordings</c>, in order.</summary>
    public static IReadOnlyList<RecordedCommand> Load(string file)
    {
        List<RecordedCommand> commands = [];
        string heading = "";
        List<string> block = [];
        foreach (string line in File.ReadLines(Recording.Path(file)).Append(""))
        {
            if (line.StartsWith("# from ", StringComparison.Ordinal))
            {
                heading = line[7..];
            }
            else if (line.Length > 0)
            {
                block.Add(line);
            }
            else if (block.Count > 0)
            {
                commands.Add(Parse(heading, block));
                block = [];
            }
        }

        return commands;
    }

    private static RecordedCommand Parse(string heading, List<string> block)
    {
        int exitCode = int.Parse(block[1].Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);
        int error = block.FindIndex(static line => line.StartsWith("--- stderr", StringComparison.Ordinal));
        int output = block.FindIndex(static line => line.StartsWith("--- stdout", StringComparison.Ordinal));
        return new RecordedCommand(heading, Split(block[0][2..]), exitCode, Text(block[output..error]), Text(block[error..]));
    }

    private static string Text(List<string> lines) =>
        string.Concat(
            lines.Where(static line => line.StartsWith("  |", StringComparison.Ordinal))
                .Select(static line => (line.Length > 4 ? line[4..] : "") + "\n"));

    private static List<string> Split(string line)
    {
        List<string> words = [];
        int position = 0;
        while (position < line.Length)
        {
            char end = line[position] == '\'' ? '\'' : ' ';
            int start = end == '\'' ? position + 1 : position;
            int stop = line.IndexOf(end, start);
            stop = stop < 0 ? line.Length : stop;
            words.Add(line[start..stop]);
            position = stop + (end == '\'' ? 2 : 1);
        }

        return words;
    }
}

/// <summary>Where the excerpts of recordings are.</summary>
internal static class Recording
{
    public static string Path(string file) => System.IO.Path.Combine(AppContext.BaseDirectory, "Recordings", file);

    public static string Text(string file) => File.ReadAllText(Path(file));
}
