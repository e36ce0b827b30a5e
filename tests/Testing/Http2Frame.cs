using System.Buffers.Binary;

namespace Dovetail.Testing;

/// <summary>An HTTP/2 frame (RFC 9113 section 4.1).</summary>
public sealed record Http2Frame(byte Type, byte Flags, int Stream, byte[] Payload)
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte Continuation = 9;

    public const byte EndStream = 1;
    public const byte Ack = 1;
    public const byte EndHeaders = 4;

    public const int HeadLength = 9;

    /// <summary>Last four bytes of a GOAWAY's fixed part, or all of a RST_STREAM: why (RFC 9113 section 7).</summary>
    public uint ErrorCode => BinaryPrimitives.ReadUInt32BigEndian(Payload.AsSpan(Type == GoAway ? 4 : 0));

    public byte[] ToBytes()
    {
        var bytes = new byte[HeadLength + Payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Payload.Length << 8);
        bytes[3] = Type;
        bytes[4] = Flags;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(5), Stream);
        Payload.CopyTo(bytes, HeadLength);
        return bytes;
    }
}
