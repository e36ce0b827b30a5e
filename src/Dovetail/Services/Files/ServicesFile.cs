using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Labels;

namespace Dovetail.Services.Files;

/// <summary>A services file as it was last read. Compares by content.</summary>
/// <param name="Path">Where it is; fit to print.</param>
internal sealed record ServicesFile(string Path)
{
    /// <summary>Whether it could be read at least once. Until then it is not known which services it wants.</summary>
    public bool IsKnown { get; init; }

    /// <summary>In the order in which they are written, which is the order of their right to a name.</summary>
    public EquatableArray<FileService> Services { get; init; }

    /// <summary>Why the file as it is now cannot be taken: all else is what it said before. Null: it can.</summary>
    public string? Problem { get; init; }

    /// <summary>What is wrong in it besides its services.</summary>
    public EquatableArray<string> Mistakes { get; init; }

    /// <summary>What may be a mistake.</summary>
    public EquatableArray<string> Warnings { get; init; }

    /// <summary>All containers that it names.</summary>
    public ContainerSelection Containers => Services.Aggregate(
        ContainerSelection.None, static (all, service) => service.Containers.IsEmpty ? all : all.And(service.Containers));

    /// <summary>Whether it names that container, in whatever service.</summary>
    public bool Covers(Container container) => Services.Any(service => service.Containers.Covers(container));

    /// <summary>Every name that it asks for, whether it gets it or not.</summary>
    public IEnumerable<string> Names => Services.Select(NameOf);

    /// <summary>
    /// What has the first right to a name, also while none of its containers runs or a mistake refuses it; null: nothing, or something that
    /// is switched off.
    /// </summary>
    public FileService? HolderOf(string name) =>
        Services.FirstOrDefault(service => NameOf(service) == name && !service.Says(ServiceLabels.Enable, false));

    private static string NameOf(FileService service) => PlainForm.OfName(service.Name)?.Text ?? service.Name;

    /// <summary>This one, when what it has become cannot be taken.</summary>
    public ServicesFile With(string problem) => this with
    {
        Problem = $"{problem}; until it is mended, " + (IsKnown ? "what it said before holds" : "it gives no service"),
    };
}
