using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using Microsoft.Diagnostics.Tracing.Parsers.Clr;
using ProfileMaker.Profiles;

namespace ProfileMaker.Traces;

/// <summary>What the handles in a trace stand for: addresses in the process that was traced, which its events explain.</summary>
internal sealed class RuntimeHandles(ModuleFiles files)
{
    private const int TokenRowBits = 24;
    private const int TokenRows = (1 << TokenRowBits) - 1;
    private const int RankShift = 8;
    private const int RankMask = 0x3f;

    private readonly Dictionary<long, string> _modules = [];
    private readonly Dictionary<long, TypeEntry> _types = [];
    private readonly Dictionary<long, MethodEntry> _methods = [];
    private readonly Dictionary<long, TypeDescription?> _resolved = [];

    public void Add(ModuleLoadUnloadTraceData module) => _modules[module.ModuleID] = module.ModuleILPath;

    public void Add(GCBulkTypeTraceData types)
    {
        for (var index = 0; index < types.Count; index++)
        {
            // A view of the event's memory, whose properties are read anew at each call.
            var type = types.Values(index);
            var arguments = new long[type.TypeParameterCount];
            for (var argument = 0; argument < arguments.Length; argument++)
            {
                arguments[argument] = (long)type.TypeParameterID(argument);
            }

            _types[(long)type.TypeID] =
                new((long)type.ModuleID, type.TypeNameID, type.Flags, (SignatureTypeCode)type.CorElementType, arguments);
        }
    }

    public void Add(MethodDetailsTraceData method)
    {
        var arguments = new long[method.TypeParameterCount];
        for (var argument = 0; argument < arguments.Length; argument++)
        {
            arguments[argument] = method.TypeParameters(argument);
        }

        _methods[method.MethodID] = new(method.TypeID, method.MethodToken, arguments);
    }

    /// <summary>To be asked once all events are read.</summary>
    /// <returns>Null: the trace does not tell, or its assembly is no file.</returns>
    public MethodDescription? Method(long handle) =>
        _methods.TryGetValue(handle, out var entry) && Type(entry.Type) is NamedType owner && All(entry.Arguments) is { } arguments
            ? new MethodDescription(owner, MetadataTokens.MethodDefinitionHandle(entry.Token & TokenRows), arguments)
            : null;

    /// <inheritdoc cref="Method"/>
    public TypeDescription? Type(long handle)
    {
        if (!_resolved.TryGetValue(handle, out var type))
        {
            // Should a type be its own argument, it is not known.
            _resolved[handle] = null;
            type = _types.TryGetValue(handle, out var entry) && All(entry.Arguments) is { } arguments ? Resolve(entry, arguments) : null;
            _resolved[handle] = type;
        }

        return type;
    }

    private TypeDescription? Resolve(TypeEntry entry, TypeDescription[] arguments)
    {
        var isConstructed = entry.Flags.HasFlag(TypeFlags.Array) || entry.Code is SignatureTypeCode.SZArray or SignatureTypeCode.Array
            or SignatureTypeCode.Pointer or SignatureTypeCode.ByReference or SignatureTypeCode.FunctionPointer;
        return isConstructed ? Construct(entry, arguments)
            : _modules.TryGetValue(entry.Module, out var path) && files.Find(path) is { } file
                && entry.Token >> TokenRowBits == (int)TableIndex.TypeDef
                ? new NamedType(file, MetadataTokens.TypeDefinitionHandle(entry.Token & TokenRows), arguments)
                : null;
    }

    private static ConstructedType? Construct(TypeEntry entry, TypeDescription[] arguments)
    {
        if (arguments is not [var element] || entry.Code == SignatureTypeCode.FunctionPointer)
        {
            return null;
        }

        // Without a rank it is an array whose lower bound is zero.
        var rank = ((int)entry.Flags >> RankShift) & RankMask;
        var code = entry.Code is SignatureTypeCode.Pointer or SignatureTypeCode.ByReference ? entry.Code
            : rank == 0 ? SignatureTypeCode.SZArray
            : SignatureTypeCode.Array;
        return new ConstructedType(code, rank, element);
    }

    private TypeDescription[]? All(long[] handles)
    {
        var types = handles.Select(Type).OfType<TypeDescription>().ToArray();
        return types.Length == handles.Length ? types : null;
    }

    private sealed record TypeEntry(long Module, int Token, TypeFlags Flags, SignatureTypeCode Code, long[] Arguments);

    private sealed record MethodEntry(long Type, int Token, long[] Arguments);
}
