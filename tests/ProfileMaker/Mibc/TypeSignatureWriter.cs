using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using ProfileMaker.Profiles;

namespace ProfileMaker.Mibc;

/// <summary>Writes types as signatures (ECMA-335, II.23.2.12).</summary>
internal sealed class TypeSignatureWriter(MetadataReferences references, BlobBuilder output)
{
    private static readonly Dictionary<string, SignatureTypeCode> Primitives = new()
    {
        ["System.Void"] = SignatureTypeCode.Void,
        ["System.Boolean"] = SignatureTypeCode.Boolean,
        ["System.Char"] = SignatureTypeCode.Char,
        ["System.SByte"] = SignatureTypeCode.SByte,
        ["System.Byte"] = SignatureTypeCode.Byte,
        ["System.Int16"] = SignatureTypeCode.Int16,
        ["System.UInt16"] = SignatureTypeCode.UInt16,
        ["System.Int32"] = SignatureTypeCode.Int32,
        ["System.UInt32"] = SignatureTypeCode.UInt32,
        ["System.Int64"] = SignatureTypeCode.Int64,
        ["System.UInt64"] = SignatureTypeCode.UInt64,
        ["System.Single"] = SignatureTypeCode.Single,
        ["System.Double"] = SignatureTypeCode.Double,
        ["System.String"] = SignatureTypeCode.String,
        ["System.TypedReference"] = SignatureTypeCode.TypedReference,
        ["System.IntPtr"] = SignatureTypeCode.IntPtr,
        ["System.UIntPtr"] = SignatureTypeCode.UIntPtr,
        ["System.Object"] = SignatureTypeCode.Object,
    };

    /// <summary>The type arguments of a generic method (II.23.2.15).</summary>
    public void WriteInstantiation(IReadOnlyList<TypeDescription> arguments)
    {
        output.WriteByte((byte)SignatureKind.MethodSpecification);
        WriteAll(arguments);
    }

    public void Write(TypeDescription type)
    {
        switch (type)
        {
            case ConstructedType constructed:
                Write(constructed);
                break;
            case NamedType named:
                Write(named);
                break;
        }
    }

    private void Write(ConstructedType type)
    {
        output.WriteByte((byte)type.Code);
        Write(type.Element);
        if (type.Code == SignatureTypeCode.Array)
        {
            output.WriteCompressedInteger(type.Rank);
            // Neither sizes nor lower bounds are part of a type that the runtime loads.
            output.WriteCompressedInteger(0);
            output.WriteCompressedInteger(0);
        }
    }

    private void Write(NamedType type)
    {
        if (type.IsCanonical)
        {
            WriteReference(SignatureTypeKind.Class, references.Canonical());
            return;
        }

        if (type.Module.IsCore && Primitives.TryGetValue(type.Module.NameOf(type.Definition), out var primitive))
        {
            output.WriteByte((byte)primitive);
            return;
        }

        if (type.Arguments.Count > 0)
        {
            output.WriteByte((byte)SignatureTypeCode.GenericTypeInstance);
        }

        WriteReference(
            type.Module.IsValueType(type.Definition) ? SignatureTypeKind.ValueType : SignatureTypeKind.Class,
            references.Type(type.Module, type.Definition));
        if (type.Arguments.Count > 0)
        {
            WriteAll(type.Arguments);
        }
    }

    private void WriteAll(IReadOnlyList<TypeDescription> arguments)
    {
        output.WriteCompressedInteger(arguments.Count);
        foreach (var argument in arguments)
        {
            Write(argument);
        }
    }

    private void WriteReference(SignatureTypeKind kind, EntityHandle reference)
    {
        output.WriteByte((byte)kind);
        output.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(reference));
    }
}
