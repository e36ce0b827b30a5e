using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace ProfileMaker.Profiles;

/// <summary>A method by its definition.</summary>
/// <param name="Owner">The type that defines it.</param>
/// <param name="Arguments">Its own type arguments; empty: it is not generic.</param>
internal sealed record MethodDescription(NamedType Owner, MethodDefinitionHandle Definition, IReadOnlyList<TypeDescription> Arguments)
    : IProfileValue
{
    // Overloads share a name: the token tells them apart.
    public string Key => field ??= $"{Owner.Key}::{Name}#{MetadataTokens.GetToken(Definition):x}{NamedType.KeyOf(Arguments)}";

    public string Name => Owner.Module.Metadata.GetString(Owner.Module.Metadata.GetMethodDefinition(Definition).Name);

    /// <summary>Simple names of the assemblies that it needs; the first defines it, the others are sorted.</summary>
    public IEnumerable<string> Assemblies =>
    [
        Owner.Module.Assembly,
        .. Arguments.Prepend(Owner).SelectMany(type => type.Assemblies).Distinct().Where(name => name != Owner.Module.Assembly)
            .Order(StringComparer.Ordinal),
    ];
}
