using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Labels;

namespace Dovetail.Services.Files;

/// <summary>Makes of the text of a services file what it says. Whatever the text is, it does not throw.</summary>
internal static class ServicesFileReader
{
    /// <summary>Bytes that a file may have.</summary>
    public const int MaxSize = 1 << 20;

    // Each service is a process.
    private const int MaxServices = 256;
    private const int MaxMistakes = 20;
    private const string Services = "services";

    // Under such names Compose lets people keep what they refer to elsewhere, and so do we.
    private const string Extension = "x-";

    /// <param name="before">What the file said before: it holds when nothing can be taken of the text.</param>
    /// <param name="prefix">What labels begin with, without the dot.</param>
    /// <param name="engines">Null: there is the one.</param>
    public static ServicesFile Read(string text, ServicesFile before, string prefix, EngineNames? engines = null)
    {
        try
        {
            var (root, second) = FileTree.Read(text);
            var mistakes = new List<string>();
            if (second is not null)
            {
                mistakes.Add($"{second}: a second document begins here; the file is read up to this point");
            }

            var services = ServicesIn(root, mistakes);
            var entries = services.Entries;
            if (entries.Count > MaxServices)
            {
                mistakes.Add(
                    $"{entries[MaxServices].Key.Place}: the file has {entries.Count} services; those from here on, beyond the first "
                    + $"{MaxServices}, are refused");
            }

            return new ServicesFile(before.Path)
            {
                IsKnown = true,
                Services = entries.Take(MaxServices)
                    .Select(entry => new FileServiceReader(before.Path, prefix, engines ?? EngineNames.HomeOnly).Read(entry.Key, entry.Value))
                    .ToEquatableArray(),
                Mistakes = mistakes.Count <= MaxMistakes
                    ? mistakes.ToEquatableArray()
                    : [.. mistakes.Take(MaxMistakes), $"{mistakes.Count - MaxMistakes} more mistakes are left out"],
            };
        }
        catch (ServicesFileException unreadable)
        {
            return before.With(unreadable.Message);
        }
    }

    private static FileMap ServicesIn(FileNode? root, List<string> mistakes)
    {
        if (root is null or FileText { IsNull: true })
        {
            throw new ServicesFileException("the file is empty; if there are to be no services, write services: {}");
        }

        if (root is not FileMap map)
        {
            throw new ServicesFileException($"{root.Place}: the file has to begin with services: and the services below it");
        }

        FileMap? services = null;
        foreach (var (key, value) in map.Entries)
        {
            var name = (key as FileText)?.Text ?? "";
            if (name == Services && services is not null)
            {
                mistakes.Add($"{key.Place}: services is written twice; those from here on are refused");
            }
            else if (name == Services)
            {
                services = value as FileMap ?? throw new ServicesFileException(value is FileText { IsNull: true }
                    ? $"{key.Place}: services says nothing; if there are to be none, write services: {{}}"
                    : $"{value.Place}: below services stand names, each with a colon and what the service is");
            }
            else if (!name.StartsWith(Extension, StringComparison.Ordinal))
            {
                mistakes.Add($"{key.Place}: {Printable.Text(name)} is no part of a services file"
                    + (NearestName.Of(name, [Services]) is null ? "; what is to be referred to goes below a name that begins with x-"
                        : $"; did you mean {Services}?"));
            }
        }

        return services ?? throw new ServicesFileException(
            mistakes.Count > 0 ? mistakes[0] : $"{root.Place}: the file has no services: with the services below it");
    }
}
