using System.Buffers.Binary;
using System.Text;

namespace Dovetail.Metrics.Otlp;

/// <summary>Writes Protocol Buffers messages ("Encoding" in their documentation), of the types that OTLP's metrics have.</summary>
internal sealed class ProtobufWriter
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;

    // The length of a message is known at its end only; a varint may be padded to a fixed length.
    private const int LengthBytes = 4;

    private byte[] _bytes = new byte[4096];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Begins a message in the message.</summary>
    /// <returns>To end it with.</returns>
    public int Open(int field)
    {
        Tag(field, Delimited);
        Reserve(LengthBytes);
        return Length;
    }

    /// <exception cref="InvalidOperationException">The message is longer than 256 MiB.</exception>
    public void Close(int start)
    {
        var length = Length - start;
        if (length >= 1 << (7 * LengthBytes))
        {
            throw new InvalidOperationException($"A message of {length} bytes is too long to be sent.");
        }

        for (var place = 0; place < LengthBytes; place++)
        {
            var isLast = place == LengthBytes - 1;
            _bytes[start - LengthBytes + place] = (byte)(((length >> (7 * place)) & 0x7F) | (isLast ? 0 : 0x80));
        }
    }

    public void Text(int field, string text)
    {
        Tag(field, Delimited);
        var length = Encoding.UTF8.GetByteCount(text);
        Number((ulong)length);
        Encoding.UTF8.GetBytes(text, Reserve(length));
    }

    public void Integer(int field, ulong value)
    {
        Tag(field, Varint);
        Number(value);
    }

    public void Fixed(int field, ulong value)
    {
        Tag(field, Fixed64);
        BinaryPrimitives.WriteUInt64LittleEndian(Reserve(sizeof(ulong)), value);
    }

    public void Double(int field, double value)
    {
        Tag(field, Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(Reserve(sizeof(double)), value);
    }

    public void PackedFixed(int field, ReadOnlySpan<long> values)
    {
        Tag(field, Delimited);
        Number((ulong)values.Length * sizeof(ulong));
        foreach (var value in values)
        {
            BinaryPrimitives.WriteInt64LittleEndian(Reserve(sizeof(long)), value);
        }
    }

    public void PackedDouble(int field, ReadOnlySpan<double> values)
    {
        Tag(field, Delimited);
        Number((ulong)values.Length * sizeof(double));
        foreach (var value in values)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(Reserve(sizeof(double)), value);
        }
    }

    private void Tag(int field, int type) => Number(((ulong)field << 3) | (uint)type);

    private void Number(ulong value)
    {
        while (value >= 0x80)
        {
            Reserve(1)[0] = (byte)(value | 0x80);
            value >>= 7;
        }

        Reserve(1)[0] = (byte)value;
    }

    private Span<byte> Reserve(int count)
    {
        if (Length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(Length + count, 2 * _bytes.Length));
        }

        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}
