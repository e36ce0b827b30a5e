namespace Dovetail.Services.Files;

/// <summary>A value in a YAML file, and where it stands. An alias is the node that it names itself, so that none is copied.</summary>
/// <param name="line">From 1.</param>
/// <param name="column">From 1.</param>
internal abstract class FileNode(int line, int column)
{
    public int Line => line;

    /// <summary>As messages name it.</summary>
    public string Place => PlaceOf(line, column);

    public static string PlaceOf(long line, long column) => $"line {line}, column {column}";
}

/// <summary>A text; whatever YAML takes it for besides, such as <c>off</c> or <c>443</c>, it stays as it was written.</summary>
/// <param name="isNull">Nothing was written, or <c>~</c>, or <c>null</c>, without quotes.</param>
internal sealed class FileText(int line, int column, string text, bool isNull) : FileNode(line, column)
{
    public string Text { get; } = isNull ? "" : text;

    public bool IsNull { get; } = isNull;
}

internal sealed class FileList(int line, int column) : FileNode(line, column)
{
    public List<FileNode> Items { get; } = [];
}

/// <summary>A mapping with its entries in the order in which they were written; keys may repeat.</summary>
internal sealed class FileMap(int line, int column) : FileNode(line, column)
{
    private const string MergeKey = "<<";

    // A mapping that is merged may merge others; those that merge each other or themselves must end, and soon.
    private const int MaxMerges = 100;
    private const int MaxEntries = 1000;

    public List<(FileNode Key, FileNode Value)> Own { get; } = [];

    /// <summary>Its own entries, then those that it merges and does not have.</summary>
    public IReadOnlyList<(FileNode Key, FileNode Value)> Entries
    {
        get
        {
            var entries = Own.Where(static entry => !IsMerge(entry.Key)).ToList();
            var names = entries.Select(static entry => (entry.Key as FileText)?.Text).ToHashSet(StringComparer.Ordinal);
            var left = MaxMerges;
            Merge(this, entries, names, ref left);
            return entries;
        }
    }

    private static bool IsMerge(FileNode key) => key is FileText { Text: MergeKey };

    private static void Merge(FileMap into, List<(FileNode Key, FileNode Value)> entries, HashSet<string?> names, ref int left)
    {
        foreach (var merged in into.Own.Where(static entry => IsMerge(entry.Key)).SelectMany(static entry => Mappings(entry.Value)))
        {
            if (left-- <= 0)
            {
                return;
            }

            foreach (var entry in merged.Own.Take(MaxEntries).Where(static entry => !IsMerge(entry.Key)))
            {
                if (entries.Count < MaxEntries && names.Add((entry.Key as FileText)?.Text))
                {
                    entries.Add(entry);
                }
            }

            Merge(merged, entries, names, ref left);
        }
    }

    private static IEnumerable<FileMap> Mappings(FileNode value) => value switch
    {
        FileMap one => [one],
        FileList several => several.Items.OfType<FileMap>(),
        _ => [],
    };
}
