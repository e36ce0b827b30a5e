using System.Text.RegularExpressions;

namespace Dovetail.Tests.Architecture;

/// <summary>A row of the table in <c>src/README.md</c>: a folder, the folders it may use, and whether it is pure.</summary>
internal sealed partial record Room(string Name, IReadOnlySet<string> MayUse, bool IsPure)
{
    /// <summary>What a room uses that may use every other.</summary>
    public const string Everything = "everything";

    public static IReadOnlyList<Room> ReadAll()
    {
        var rows = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "src", "README.md"))
            .SkipWhile(static line => !line.StartsWith("| room |", StringComparison.Ordinal))
            .Skip(2)
            .TakeWhile(static line => line.StartsWith('|'));
        return
        [
            .. from row in rows
               let cells = row.Trim('|').Split('|')
               let uses = cells[2].Contains(Everything, StringComparison.Ordinal) ? [Everything] : NamesIn(cells[2])
               from name in NamesIn(cells[0])
               select new Room(name, uses.ToHashSet(StringComparer.Ordinal), cells[3].Trim() == "yes"),
        ];
    }

    public bool MayUseRoom(string other) => MayUse.Contains(other) || MayUse.Contains(Everything);

    private static string[] NamesIn(string cell) => [.. Quoted().Matches(cell).Select(static match => match.Groups[1].Value)];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
