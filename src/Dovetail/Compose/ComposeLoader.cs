using System.Collections.Immutable;
using Dovetail.Common;

namespace Dovetail.Compose;

/// <summary>
/// Reads Compose files as <c>docker compose config</c> does: each with what it includes, then what its services extend, then merged into
/// those before it.
/// </summary>
/// <param name="read">The text of a file; null: there is none.</param>
/// <param name="missing">Takes the names of variables that are not set.</param>
internal sealed class ComposeLoader(Func<string, string?> read, SortedSet<string> missing)
{
    /// <param name="files">Of which each is merged into those before it; the first is the main one.</param>
    /// <param name="directory">That of the project.</param>
    /// <exception cref="ComposeException">They cannot be read, or not without Compose itself.</exception>
    public ComposeNode Load(IReadOnlyList<string> files, ComposeDirectory directory) => Load(files, directory, []);

    /// <param name="included">The main files that include one another on the way here.</param>
    /// <inheritdoc cref="Load(IReadOnlyList{string}, ComposeDirectory)"/>
    public ComposeNode Load(IReadOnlyList<string> files, ComposeDirectory directory, ImmutableArray<string> included)
    {
        ComposeNode? model = null;
        foreach (var file in files)
        {
            var documents = TryParse(file, directory.Variables)
                ?? throw new ComposeException($"there is no file {Printable.Text(file, 200)}");
            foreach (var document in documents)
            {
                var whole = new ComposeInclude(this, read).Apply(document, directory, included.Add(file));
                whole = new ComposeExtends(this).Apply(whole, file, directory);
                model = model is null ? whole : ComposeMerge.Models(model, whole);
            }
        }

        return model ?? throw new ComposeException("there is no Compose file");
    }

    /// <returns>The documents of one file as they are written; null: there is no such file.</returns>
    /// <exception cref="ComposeException">It is no Compose file.</exception>
    public IReadOnlyList<ComposeNode>? TryParse(string file, Func<string, string?> variables) => read(file) is { } text
        ? ComposeYaml.Parse(text, new ComposeSource(file, new Interpolation(variables, missing)))
        : null;
}
