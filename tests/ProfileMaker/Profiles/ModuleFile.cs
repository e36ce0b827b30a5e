using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace ProfileMaker.Profiles;

/// <summary>The metadata of an assembly that ran.</summary>
internal sealed class ModuleFile : IDisposable
{
    private readonly PEReader _file;

    /// <exception cref="BadImageFormatException">The file is no assembly.</exception>
    public ModuleFile(string path)
    {
        _file = new PEReader(File.OpenRead(path));
        Metadata = _file.GetMetadataReader();
        Assembly = Metadata.GetString(Metadata.GetAssemblyDefinition().Name);
    }

    public MetadataReader Metadata { get; }

    /// <summary>Simple name of the assembly.</summary>
    public string Assembly { get; }

    /// <summary>The one that has the primitive types.</summary>
    public bool IsCore => Assembly == "System.Private.CoreLib";

    /// <summary>Full name of a type, nested ones behind a plus sign, without type arguments.</summary>
    public string NameOf(TypeDefinitionHandle type)
    {
        var definition = Metadata.GetTypeDefinition(type);
        var name = Metadata.GetString(definition.Name);
        if (definition.GetDeclaringType() is { IsNil: false } declaring)
        {
            return $"{NameOf(declaring)}+{name}";
        }

        var space = Metadata.GetString(definition.Namespace);
        return space.Length == 0 ? name : $"{space}.{name}";
    }

    /// <summary>Whether a type's base is ValueType or Enum; Enum itself is a class.</summary>
    public bool IsValueType(TypeDefinitionHandle type)
    {
        var parent = Metadata.GetTypeDefinition(type).BaseType;
        var (space, name) = parent switch
        {
            { IsNil: true } => default,
            { Kind: HandleKind.TypeReference } => NamesOf((TypeReferenceHandle)parent),
            { Kind: HandleKind.TypeDefinition } => NamesOf((TypeDefinitionHandle)parent),
            _ => default,
        };
        return space == "System" && name is "ValueType" or "Enum" && NamesOf(type) != ("System", "Enum");
    }

    public void Dispose() => _file.Dispose();

    private (string Namespace, string Name) NamesOf(TypeReferenceHandle type)
    {
        var reference = Metadata.GetTypeReference(type);
        return (Metadata.GetString(reference.Namespace), Metadata.GetString(reference.Name));
    }

    private (string Namespace, string Name) NamesOf(TypeDefinitionHandle type)
    {
        var definition = Metadata.GetTypeDefinition(type);
        return (Metadata.GetString(definition.Namespace), Metadata.GetString(definition.Name));
    }
}

/// <summary>The assemblies that traces name, each opened once. Disposing closes them; descriptions are of no use afterwards.</summary>
internal sealed class ModuleFiles : IDisposable
{
    private readonly Dictionary<string, ModuleFile?> _files = [];

    /// <returns>Null: there is no such file, as for an assembly that was made in memory.</returns>
    /// <exception cref="BadImageFormatException">The file is no assembly.</exception>
    public ModuleFile? Find(string path)
    {
        if (!_files.TryGetValue(path, out var file))
        {
            file = File.Exists(path) ? new ModuleFile(path) : null;
            _files.Add(path, file);
        }

        return file;
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file?.Dispose();
        }
    }
}
