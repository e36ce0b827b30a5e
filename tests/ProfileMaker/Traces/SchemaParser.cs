using System.Buffers.Binary;
using ProfileMaker.Profiles;

namespace ProfileMaker.Traces;

/// <summary>
/// Reads instrumentation data as the runtime writes it (dotnet/runtime, <c>src/coreclr/inc/pgo_formatprocessing.h</c>): a list of
/// compressed integers. Each element begins with a mask that says which of four fields change; those follow as differences to the element
/// before. Then come the element's values, as differences to the last value of the same sort. An element of kind 0 is the end.
/// </summary>
/// <param name="handles">Of the process that wrote them.</param>
internal sealed class SchemaParser(RuntimeHandles handles, byte[] data)
{
    private const int OwnMarkers = 30;
    private const int AlignmentBits = 4;

    private int _position;
    private long _lastNumber;
    private long _lastType;
    private long _lastMethod;

    [Flags]
    private enum Changed
    {
        Offset = 1,
        Kind = 2,
        Count = 4,
        Other = 8,
    }

    /// <exception cref="InvalidDataException">The data ends within an element, or has values of a sort that is not known.</exception>
    public IReadOnlyList<SchemaElement> Parse()
    {
        var elements = new List<SchemaElement>();
        var (offset, kind, count, other) = (0, 0, 0, 0);
        while (true)
        {
            var changed = (Changed)Next();
            offset += changed.HasFlag(Changed.Offset) ? (int)Next() : 0;
            kind += changed.HasFlag(Changed.Kind) ? (int)Next() : 0;
            count += changed.HasFlag(Changed.Count) ? (int)Next() : 0;
            other += changed.HasFlag(Changed.Other) ? (int)Next() : 0;
            var current = new InstrumentationKind(kind);
            if (current.IsDone)
            {
                return elements;
            }

            elements.Add(new SchemaElement(current, offset, count, other, Values(current.Data, count)));
        }
    }

    private List<IProfileValue> Values(SlotType type, int count)
    {
        var values = new List<IProfileValue>();
        for (var slot = 0; type != SlotType.None && slot < count; slot++)
        {
            values.Add(type switch
            {
                SlotType.FourByte or SlotType.EightByte => new Number(_lastNumber += Next()),
                SlotType.TypeHandle => Named(_lastType += Next(), handles.Type),
                SlotType.MethodHandle => Named(_lastMethod += Next(), handles.Method),
                _ => throw new InvalidDataException($"slots of type {(int)type} are not known"),
            });
        }

        // What is in a histogram has no order; with one, the same run makes the same file, and it compresses better.
        return type is SlotType.TypeHandle or SlotType.MethodHandle
            ? [.. values.OrderBy(value => value.Key, StringComparer.Ordinal)]
            : values;
    }

    // A handle that stands for nothing known becomes a marker, out of its own bits: the same handle, the same marker.
    private static IProfileValue Named(long handle, Func<long, IProfileValue?> find) => handle is >= 0 and <= UnknownHandle.LastMarker
        ? new UnknownHandle((int)handle)
        : find(handle) ?? new UnknownHandle((int)(1 + ((handle >> AlignmentBits) % OwnMarkers)));

    // As signed integers in signatures (ECMA-335, II.23.2), but the longer forms have a byte of their own in front and no sign bit.
    private long Next()
    {
        var first = Take(1)[0];
        if ((first & 0x80) == 0)
        {
            return Rotated(first, 6);
        }

        if ((first & 0xc0) == 0x80)
        {
            return Rotated(((first & 0x3f) << 8) | Take(1)[0], 13);
        }

        return first == 0xc1 ? BinaryPrimitives.ReadInt64BigEndian(Take(8)) : BinaryPrimitives.ReadInt32BigEndian(Take(4));
    }

    // The lowest bit is the sign, in two's complement: below it the number has so many bits.
    private static long Rotated(int value, int bits) => (value & 1) == 0 ? value >> 1 : (value >> 1) - (1L << bits);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > data.Length - _position)
        {
            throw new InvalidDataException("the instrumentation data ends within an element");
        }

        _position += count;
        return data.AsSpan(_position - count, count);
    }
}
