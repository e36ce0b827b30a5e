using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace FakeTailscale.DataPath;

/// <summary>
/// The first bytes on a connection between two daemons: the tailnet's secret, the two tailnet addresses and their ports. It stands in for
/// WireGuard: who does not know the secret is not let in.
/// </summary>
internal sealed record TunnelHello(string Secret, IPEndPoint Source, IPEndPoint Destination)
{
    private const int SecretLength = 32;

    public const int Length = 4 + SecretLength + 18 + 18;

    private static ReadOnlySpan<byte> Magic => "FTS1"u8;

    public static TunnelHello? Read(ReadOnlySpan<byte> bytes) => !bytes.StartsWith(Magic)
        ? null
        : new(
            Encoding.ASCII.GetString(bytes.Slice(4, SecretLength)),
            ReadEndPoint(bytes[(4 + SecretLength)..]),
            ReadEndPoint(bytes[(4 + SecretLength + 18)..]));

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Length];
        Magic.CopyTo(bytes);
        Encoding.ASCII.GetBytes(Secret, bytes.AsSpan(4));
        WriteEndPoint(Source, bytes.AsSpan(4 + SecretLength));
        WriteEndPoint(Destination, bytes.AsSpan(4 + SecretLength + 18));
        return bytes;
    }

    private static IPEndPoint ReadEndPoint(ReadOnlySpan<byte> bytes)
    {
        IPAddress address = new(bytes[..16]);
        return new IPEndPoint(
            address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, BinaryPrimitives.ReadUInt16BigEndian(bytes[16..]));
    }

    private static void WriteEndPoint(IPEndPoint endPoint, Span<byte> bytes)
    {
        endPoint.Address.MapToIPv6().TryWriteBytes(bytes, out _);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[16..], (ushort)endPoint.Port);
    }
}

/// <summary>What a node answers to a <see cref="TunnelHello"/>: one byte.</summary>
internal enum TunnelAnswer : byte
{
    /// <summary>The connection is established.</summary>
    Accepted = (byte)'A',

    /// <summary>Nothing listens: the peer gets RST.</summary>
    Refused = (byte)'R',

    /// <summary>The node drops the packet: the peer hears nothing.</summary>
    Dropped = (byte)'D',

    /// <summary>Another node than the one called, or another tailnet.</summary>
    WrongNode = (byte)'W',
}
