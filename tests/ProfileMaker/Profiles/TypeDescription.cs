using System.Reflection.Metadata;

namespace ProfileMaker.Profiles;

/// <summary>A type by its definition, not by its handle, which is another in every process.</summary>
internal abstract record TypeDescription : IProfileValue
{
    public abstract string Key { get; }

    /// <summary>Simple names of the assemblies that define it and its type arguments.</summary>
    public abstract IEnumerable<string> Assemblies { get; }
}

/// <summary>A class, structure or interface.</summary>
/// <param name="Arguments">Its type arguments, those of the types around it first; empty: it is not generic.</param>
internal sealed record NamedType(ModuleFile Module, TypeDefinitionHandle Definition, IReadOnlyList<TypeDescription> Arguments)
    : TypeDescription
{
    public override string Key => field ??= $"[{Module.Assembly}]{Module.NameOf(Definition)}{KeyOf(Arguments)}";

    /// <summary>
    /// Whether it is <c>System.__Canon</c>: the argument, whichever reference type it is, of the code that instantiations over reference
    /// types share.
    /// </summary>
    public bool IsCanonical => Module.IsCore && Module.NameOf(Definition) == "System.__Canon";

    public override IEnumerable<string> Assemblies =>
        IsCanonical ? [] : Arguments.SelectMany(argument => argument.Assemblies).Prepend(Module.Assembly);

    public static string KeyOf(IReadOnlyList<TypeDescription> arguments) =>
        arguments.Count == 0 ? "" : $"<{string.Join(',', arguments.Select(argument => argument.Key))}>";
}

/// <summary>An array, pointer or reference.</summary>
/// <param name="Code">Which of them.</param>
/// <param name="Rank">Number of dimensions of an <see cref="SignatureTypeCode.Array"/>, else 0.</param>
internal sealed record ConstructedType(SignatureTypeCode Code, int Rank, TypeDescription Element) : TypeDescription
{
    public override string Key => field ??= $"{Element.Key}:{(byte)Code:x}{Rank}";

    public override IEnumerable<string> Assemblies => Element.Assemblies;
}
