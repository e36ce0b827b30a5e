using System.Collections.Immutable;
using Dovetail.Common;

namespace Dovetail.Compose;

/// <summary>
/// <c>extends</c>: a service that begins with what another one says, of the same file or another (Compose specification, "extends"). All of
/// it is taken over; its networks have to be declared where the service is used, which <see cref="ComposeProjectReader"/> sees to.
/// </summary>
internal sealed class ComposeExtends(ComposeLoader loader)
{
    private const string Services = "services";
    private const string Key = "extends";

    /// <param name="file">Where the document is from.</param>
    /// <returns>The document, in which no service extends another any more.</returns>
    /// <exception cref="ComposeException">Services extend each other, or what is not there.</exception>
    public ComposeNode Apply(ComposeNode document, string file, ComposeDirectory directory)
    {
        if (document[Services] is not { IsMapping: true } services || services.Entries.All(static entry => entry.Value[Key] is null))
        {
            return document;
        }

        var scope = new Scope(services, file, directory);
        return document.With(Services, ComposeNode.Mapping(
            services.Place,
            services.Tag,
            [
                .. services.AllEntries.Select(entry => entry.Value.Tag == ComposeTag.Reset
                    ? entry
                    : KeyValuePair.Create(entry.Key, Resolve(entry.Key, entry.Value, scope, []))),
            ]));
    }

    private ComposeNode Resolve(string name, ComposeNode service, Scope scope, ImmutableArray<Step> way)
    {
        if (service[Key] is not { IsEmpty: false } extends)
        {
            return service;
        }

        var step = new Step(Path.GetFullPath(scope.File), name, scope.File);
        if (way.Any(before => before.FullPath == step.FullPath && before.Service == name))
        {
            throw extends.Place.Mistake($"services extend each other: {string.Join(" extends ", way.Add(step))}");
        }

        var wanted = extends.IsMapping ? extends["service"]?.Text : extends.Text;
        if (wanted is null)
        {
            throw extends.Place.Mistake($"service {Printable.Text(name)}: extends names no service");
        }

        var from = extends.TryText("file", out var file) ? ScopeOf(file, extends, scope) : scope;
        if (from.Services?[wanted] is not { } former)
        {
            throw extends.Place.Mistake(
                $"service {Printable.Text(name)} extends {Printable.Text(wanted)}, which {Printable.Text(from.File, 200)} does not have");
        }

        return ComposeMerge.Services(Resolve(wanted, former, from, way.Add(step)), service.Without(Key));
    }

    // Paths in the other file start from where it lies; its variables are those of the project.
    private Scope ScopeOf(string file, ComposeNode extends, Scope scope)
    {
        if (ComposeDirectory.IsRemote(file))
        {
            throw extends.Place.NotRead($"extends of {Printable.Text(file, 200)}, which is on another machine,");
        }

        var path = scope.Directory.Resolve(file);
        var documents = loader.TryParse(path, scope.Directory.Variables)
            ?? throw extends.Place.Mistake($"there is no file {Printable.Text(path, 200)}");
        return new Scope(
            documents.Aggregate(ComposeMerge.Models)[Services],
            path,
            scope.Directory with { Path = Path.GetDirectoryName(path) ?? "" });
    }

    /// <summary>Where services are looked up that are named without a file.</summary>
    private sealed record Scope(ComposeNode? Services, string File, ComposeDirectory Directory);

    /// <summary>A service on the way from one to the next.</summary>
    private sealed record Step(string FullPath, string Service, string File)
    {
        public override string ToString() => $"{Printable.Text(Service)} ({Printable.Text(File, 200)})";
    }
}
