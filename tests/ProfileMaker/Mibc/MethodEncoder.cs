using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using ProfileMaker.Profiles;

namespace ProfileMaker.Mibc;

/// <summary>
/// Writes profiles of methods as the compiler reads them: IL that is never run. <c>ldtoken</c> names the method, what follows up to a
/// <c>pop</c> is about it: strings that name a sort of data, and the data as constants and tokens.
/// </summary>
internal sealed class MethodEncoder(MetadataBuilder metadata, MetadataReferences references)
{
    // Which fields of a schema element follow, as in the runtime's own format. There they are differences, here they are the values.
    private const int AllFields = 0xf;

    /// <exception cref="NotSupportedException">Something in it cannot be referred to.</exception>
    public BlobBuilder Encode(MethodProfile profile)
    {
        var code = new InstructionEncoder(new BlobBuilder());
        LoadToken(code, references.Method(profile.Method));
        code.LoadString(metadata.GetOrAddUserString("InstrumentationDataStart"));
        foreach (var element in profile.Elements)
        {
            code.LoadConstantI4(AllFields);
            code.LoadConstantI4(element.Offset);
            code.LoadConstantI4(element.Kind.Value);
            code.LoadConstantI4(element.Count);
            code.LoadConstantI4(element.Other);
            foreach (var value in element.Values)
            {
                Load(code, value);
            }
        }

        code.LoadString(metadata.GetOrAddUserString("InstrumentationDataEnd"));
        code.OpCode(ILOpCode.Pop);
        return code.CodeBuilder;
    }

    private void Load(InstructionEncoder code, IProfileValue value)
    {
        switch (value)
        {
            case Number { Value: >= int.MinValue and <= int.MaxValue } number:
                code.LoadConstantI4((int)number.Value);
                break;
            case Number number:
                code.LoadConstantI8(number.Value);
                break;
            case UnknownHandle unknown:
                code.LoadConstantI4(unknown.Marker);
                break;
            case TypeDescription type:
                LoadToken(code, references.Type(type));
                break;
            case MethodDescription method:
                LoadToken(code, references.Method(method));
                break;
        }
    }

    private static void LoadToken(InstructionEncoder code, EntityHandle token)
    {
        code.OpCode(ILOpCode.Ldtoken);
        code.Token(token);
    }
}
