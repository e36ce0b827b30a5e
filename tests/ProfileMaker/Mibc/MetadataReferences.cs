using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using ProfileMaker.Profiles;

namespace ProfileMaker.Mibc;

/// <summary>
/// Refers to types and methods of other assemblies out of one assembly's metadata. Each is referred to once; the rows stand in the order in
/// which they are first asked for.
/// </summary>
internal sealed class MetadataReferences(MetadataBuilder metadata)
{
    /// <summary>The compiler knows <c>System.__Canon</c> by this assembly, which does not exist.</summary>
    private const string CanonicalAssembly = "System.Private.Canon";

    private readonly Dictionary<string, AssemblyReferenceHandle> _assemblies = [];
    private readonly Dictionary<(string Assembly, EntityHandle Type), EntityHandle> _types = [];
    private readonly Dictionary<string, EntityHandle> _instances = [];
    private readonly Dictionary<(EntityHandle Owner, MethodDefinitionHandle Method), EntityHandle> _members = [];
    private readonly Dictionary<string, EntityHandle> _methods = [];
    private EntityHandle _canonical;

    public EntityHandle Type(TypeDescription type)
    {
        switch (type)
        {
            case NamedType { IsCanonical: true }:
                return Canonical();
            case NamedType { Arguments: [] } named:
                return Type(named.Module, named.Definition);
        }

        if (!_instances.TryGetValue(type.Key, out var specification))
        {
            var signature = new BlobBuilder();
            new TypeSignatureWriter(this, signature).Write(type);
            specification = metadata.AddTypeSpecification(metadata.GetOrAddBlob(signature));
            _instances.Add(type.Key, specification);
        }

        return specification;
    }

    /// <exception cref="NotSupportedException">Its signature has what a signature of another assembly cannot have.</exception>
    public EntityHandle Method(MethodDescription method)
    {
        if (_methods.TryGetValue(method.Key, out var reference))
        {
            return reference;
        }

        reference = Member(method);
        if (method.Arguments.Count > 0)
        {
            var instantiation = new BlobBuilder();
            new TypeSignatureWriter(this, instantiation).WriteInstantiation(method.Arguments);
            reference = metadata.AddMethodSpecification(reference, metadata.GetOrAddBlob(instantiation));
        }

        _methods.Add(method.Key, reference);
        return reference;
    }

    /// <summary>A type that another module defines, refers to or composes.</summary>
    /// <exception cref="NotSupportedException">It lies in a part of that assembly that is a file of its own.</exception>
    public EntityHandle Type(ModuleFile module, EntityHandle type)
    {
        if (!_types.TryGetValue((module.Assembly, type), out var reference))
        {
            reference = type.Kind switch
            {
                HandleKind.TypeDefinition => Add(module, (TypeDefinitionHandle)type),
                HandleKind.TypeReference => Add(module, (TypeReferenceHandle)type),
                _ => Add(module, (TypeSpecificationHandle)type),
            };
            _types.Add((module.Assembly, type), reference);
        }

        return reference;
    }

    public EntityHandle Canonical()
    {
        if (_canonical.IsNil)
        {
            _canonical = metadata.AddTypeReference(
                Assembly(CanonicalAssembly), metadata.GetOrAddString("System"), metadata.GetOrAddString("__Canon"));
        }

        return _canonical;
    }

    private EntityHandle Member(MethodDescription method)
    {
        var owner = Type(method.Owner);
        if (!_members.TryGetValue((owner, method.Definition), out var member))
        {
            var module = method.Owner.Module;
            var signature = new SignatureCopier(this, module).CopyMethod(module.Metadata.GetMethodDefinition(method.Definition).Signature);
            member = metadata.AddMemberReference(owner, metadata.GetOrAddString(method.Name), metadata.GetOrAddBlob(signature));
            _members.Add((owner, method.Definition), member);
        }

        return member;
    }

    private TypeReferenceHandle Add(ModuleFile module, TypeDefinitionHandle type)
    {
        var definition = module.Metadata.GetTypeDefinition(type);
        var declaring = definition.GetDeclaringType();
        return metadata.AddTypeReference(
            declaring.IsNil ? Assembly(module.Assembly) : Type(module, declaring),
            Copy(module, definition.Namespace),
            Copy(module, definition.Name));
    }

    private TypeReferenceHandle Add(ModuleFile module, TypeReferenceHandle type)
    {
        var reference = module.Metadata.GetTypeReference(type);
        var scope = reference.ResolutionScope;
        return metadata.AddTypeReference(
            scope.Kind switch
            {
                HandleKind.AssemblyReference => Assembly(
                    module.Metadata.GetString(module.Metadata.GetAssemblyReference((AssemblyReferenceHandle)scope).Name)),
                HandleKind.TypeReference => Type(module, scope),
                _ => throw new NotSupportedException($"{module.Assembly} has a type in a {scope.Kind}"),
            },
            Copy(module, reference.Namespace),
            Copy(module, reference.Name));
    }

    private TypeSpecificationHandle Add(ModuleFile module, TypeSpecificationHandle type)
    {
        var signature = new SignatureCopier(this, module).CopyType(module.Metadata.GetTypeSpecification(type).Signature);
        return metadata.AddTypeSpecification(metadata.GetOrAddBlob(signature));
    }

    // Without version and key: the profile is for whichever build of the assembly is compiled.
    private AssemblyReferenceHandle Assembly(string name)
    {
        if (!_assemblies.TryGetValue(name, out var reference))
        {
            reference = metadata.AddAssemblyReference(
                metadata.GetOrAddString(name), new Version(0, 0, 0, 0), default, default, default, default);
            _assemblies.Add(name, reference);
        }

        return reference;
    }

    private StringHandle Copy(ModuleFile module, StringHandle text) => metadata.GetOrAddString(module.Metadata.GetString(text));
}
