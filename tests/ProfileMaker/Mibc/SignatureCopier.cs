using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using ProfileMaker.Profiles;

namespace ProfileMaker.Mibc;

/// <summary>
/// Copies signatures of another assembly (ECMA-335, II.23.2). They stay as they are, but for the types they name, which are references of
/// this assembly's afterwards.
/// </summary>
/// <param name="source">Whose signatures they are.</param>
internal sealed class SignatureCopier(MetadataReferences references, ModuleFile source)
{
    private readonly BlobBuilder _copy = new();

    /// <exception cref="NotSupportedException">It has an element that is not known.</exception>
    public BlobBuilder CopyMethod(BlobHandle signature)
    {
        var reader = source.Metadata.GetBlobReader(signature);
        Method(ref reader);
        return _copy;
    }

    /// <inheritdoc cref="CopyMethod"/>
    public BlobBuilder CopyType(BlobHandle signature)
    {
        var reader = source.Metadata.GetBlobReader(signature);
        Type(ref reader);
        return _copy;
    }

    private void Method(ref BlobReader reader)
    {
        if (new SignatureHeader(Byte(ref reader)).IsGeneric)
        {
            Integer(ref reader);
        }

        // What it returns stands before the parameters.
        var types = 1 + Integer(ref reader);
        Types(ref reader, types);
    }

    private void Types(ref BlobReader reader, int count)
    {
        for (var index = 0; index < count; index++)
        {
            Type(ref reader);
        }
    }

    private void Type(ref BlobReader reader)
    {
        var code = Byte(ref reader);
        if (code is (byte)SignatureTypeKind.Class or (byte)SignatureTypeKind.ValueType)
        {
            Reference(ref reader);
            return;
        }

        switch ((SignatureTypeCode)code)
        {
            case SignatureTypeCode.RequiredModifier or SignatureTypeCode.OptionalModifier:
                Reference(ref reader);
                Type(ref reader);
                break;
            case SignatureTypeCode.ByReference or SignatureTypeCode.Pointer or SignatureTypeCode.SZArray or SignatureTypeCode.Pinned
                or SignatureTypeCode.Sentinel:
                Type(ref reader);
                break;
            case SignatureTypeCode.GenericTypeParameter or SignatureTypeCode.GenericMethodParameter:
                Integer(ref reader);
                break;
            case SignatureTypeCode.GenericTypeInstance:
                Byte(ref reader);
                Reference(ref reader);
                Types(ref reader, Integer(ref reader));
                break;
            case SignatureTypeCode.Array:
                Type(ref reader);
                Shape(ref reader);
                break;
            case SignatureTypeCode.FunctionPointer:
                Method(ref reader);
                break;
            case <= SignatureTypeCode.String or SignatureTypeCode.TypedReference or SignatureTypeCode.IntPtr or SignatureTypeCode.UIntPtr
                or SignatureTypeCode.Object:
                break;
            default:
                throw new NotSupportedException($"a signature of {source.Assembly} has an element 0x{code:x2}");
        }
    }

    // Of an array: rank, sizes, lower bounds.
    private void Shape(ref BlobReader reader)
    {
        Integer(ref reader);
        for (var sizes = Integer(ref reader); sizes > 0; sizes--)
        {
            Integer(ref reader);
        }

        for (var bounds = Integer(ref reader); bounds > 0; bounds--)
        {
            _copy.WriteCompressedSignedInteger(reader.ReadCompressedSignedInteger());
        }
    }

    private void Reference(ref BlobReader reader) =>
        _copy.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(references.Type(source, reader.ReadTypeHandle())));

    private byte Byte(ref BlobReader reader)
    {
        var value = reader.ReadByte();
        _copy.WriteByte(value);
        return value;
    }

    private int Integer(ref BlobReader reader)
    {
        var value = reader.ReadCompressedInteger();
        _copy.WriteCompressedInteger(value);
        return value;
    }
}
