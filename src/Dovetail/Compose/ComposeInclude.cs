using System.Collections.Immutable;
using Dovetail.Common;

namespace Dovetail.Compose;

/// <summary><c>include</c>: other projects, of which services and networks become part of this one (Compose specification).</summary>
/// <param name="read">The text of a file; null: there is none.</param>
internal sealed class ComposeInclude(ComposeLoader loader, Func<string, string?> read)
{
    private const string Key = "include";
    private const string EnvFile = "env_file";

    // What of an included project is looked at.
    private static readonly string[] Resources = ["services", "networks"];

    /// <param name="including">The main files on the way here, this one included.</param>
    /// <returns>The document with what it includes in it.</returns>
    /// <exception cref="ComposeException">Files include each other, define the same thing differently, or cannot be read.</exception>
    public ComposeNode Apply(ComposeNode document, ComposeDirectory directory, ImmutableArray<string> including)
    {
        if (document[Key] is not { } include)
        {
            return document;
        }

        if (!include.IsSequence && !include.IsEmpty)
        {
            throw include.Place.Mistake("include has to be a list");
        }

        return include.Items.Aggregate(
            document.Without(Key), (model, entry) => Import(model, Load(entry, directory, including), entry.Place));
    }

    private ComposeNode Load(ComposeNode entry, ComposeDirectory directory, ImmutableArray<string> including)
    {
        var path = entry.IsMapping ? entry["path"] : entry;
        var files = TextsOf(path).Select(directory.Resolve).ToList();
        if (files.Count == 0)
        {
            throw entry.Place.Mistake("include names no path");
        }

        if (TextsOf(path).FirstOrDefault(ComposeDirectory.IsRemote) is { } remote)
        {
            throw entry.Place.NotRead($"include of {Printable.Text(remote, 200)}, which is on another machine,");
        }

        if (files.FirstOrDefault(file => read(file) is null) is { } absent)
        {
            throw entry.Place.Mistake($"there is no file {Printable.Text(absent, 200)}");
        }

        if (files.Find(file => including.Any(before => Path.GetFullPath(before) == Path.GetFullPath(file))) is { } again)
        {
            throw entry.Place.Mistake(
                $"files include each other: {Printable.Text(string.Join(" includes ", including.Add(again)), 1000)}");
        }

        var ownDirectory = entry.TryText("project_directory", out var given)
            ? directory.Resolve(given)
            : Path.GetDirectoryName(files[0]) ?? "";
        return loader.Load(files, new ComposeDirectory(ownDirectory, VariablesOf(entry, directory, ownDirectory)), including);
    }

    // Those of the including project win.
    private Func<string, string?> VariablesOf(ComposeNode entry, ComposeDirectory directory, string ownDirectory)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (entry[EnvFile] is { } named)
        {
            foreach (var file in TextsOf(named).Where(static file => file != "/dev/null").Select(directory.Resolve))
            {
                var text = read(file) ?? throw named.Place.Mistake($"there is no file {Printable.Text(file, 200)}");
                foreach (var (name, value) in DotEnv.Parse(text))
                {
                    variables[name] = value;
                }
            }
        }
        else
        {
            foreach (var (name, value) in DotEnv.Parse(read(Path.Combine(ownDirectory, DotEnv.FileName)) ?? ""))
            {
                variables[name] = value;
            }
        }

        return name => directory.Variables(name) ?? variables.GetValueOrDefault(name);
    }

    private static ComposeNode Import(ComposeNode model, ComposeNode included, ComposePlace place)
    {
        foreach (var resource in Resources)
        {
            var own = model[resource];
            var taken = included[resource]?.Entries.ToList() ?? [];
            if (own is { IsEmpty: false, IsMapping: false })
            {
                throw own.Place.Mistake($"{resource} has to be a mapping");
            }

            if (taken.FirstOrDefault(entry => own?[entry.Key]?.SaysTheSame(entry.Value) == false) is { Key: { } name } both)
            {
                throw place.Mistake(
                    $"what is included defines {Printable.Text($"{resource}.{name}")} ({both.Value.Place}), and so does "
                    + $"{own![name]!.Place}: rename one; to change what is included, make its path a list, of which the second file "
                    + "overrides the first");
            }

            model = model.With(resource, ComposeNode.Mapping(
                own?.Place ?? place,
                ComposeTag.None,
                [
                    .. own?.AllEntries ?? [],
                    .. taken.Where(entry => own?[entry.Key] is null).Select(static entry => KeyValuePair.Create(entry.Key, entry.Value)),
                ]));
        }

        return model;
    }

    private static IEnumerable<string> TextsOf(ComposeNode? node) =>
        node is null ? [] : node.Text is { } one ? [one] : node.Items.Select(static item => item.Text).OfType<string>();
}
