namespace Dovetail.Commands;

/// <summary>The Compose files that a command line names, found as <c>docker compose</c> finds them.</summary>
internal sealed class ComposeFiles
{
    private const string Input = "-";

    // In the order in which Compose prefers them.
    private static readonly string[] Mains = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

    private static readonly string[] Overrides =
        ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

    private readonly string? _input;

    private ComposeFiles(IReadOnlyList<string> names, IReadOnlyList<string> notes, string? input)
    {
        _input = input;
        (Names, Notes) = (names, notes);
        Directory = names[0] == Input ? "" : Path.GetDirectoryName(names[0]) ?? "";
        Source = names is [Input] ? "Compose file" : string.Join(", ", names);
    }

    /// <summary>In the order in which they are merged.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>That of the project, as it was named; empty: the current one.</summary>
    public string Directory { get; }

    /// <summary>What to call them.</summary>
    public string Source { get; }

    /// <summary>What a reader may not expect, in one line each.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <param name="named">Files and directories; <c>-</c>: the input. One at least.</param>
    public static ComposeFiles Of(IReadOnlyList<string> named, TextReader? input) => new(
        [.. named.SelectMany(InDirectory)], NotesOf(named), named.Contains(Input) ? input?.ReadToEnd() ?? "" : null);

    /// <returns>Null: there is no such file.</returns>
    public string? Read(string name) =>
        name == Input ? _input : File.Exists(name) ? File.ReadAllText(name) : null;

    // A file with an override beside it, of which docker compose -f takes no notice either.
    private static IReadOnlyList<string> NotesOf(IReadOnlyList<string> named) =>
        named is [var file] && Mains.Contains(Path.GetFileName(file)) && Find(Path.GetDirectoryName(file) ?? "", Overrides) is { } beside
            ? [$"{Path.GetFileName(beside)} beside it is left out, as docker compose -f does: name it too, or the directory instead"]
            : [];

    private static IEnumerable<string> InDirectory(string named) =>
        !System.IO.Directory.Exists(named) ? [named]
            : Find(named, Mains) is not { } main ? [Path.Combine(named, Mains[0])]
            : Find(named, Overrides) is { } over ? [main, over]
            : [main];

    private static string? Find(string directory, string[] names) =>
        names.Select(name => Path.Combine(directory, name)).FirstOrDefault(File.Exists);
}
