using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// A PROXY protocol v2 header (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, section 2.2), as far as
/// tailscaled sends it: command PROXY, TCP over IPv4 or IPv6. LOCAL, UNSPEC, UDP and UNIX, which the protocol knows too,
/// would mean a connection without a peer, and are refused.
/// </summary>
/// <param name="Source">The peer's address and port on the tailnet.</param>
/// <param name="Destination">The node's address; the port is the listener's, not the node's (recorded with tailscaled 1.96.5).</param>
internal sealed record ProxyProtocolHeader(IPEndPoint Source, IPEndPoint Destination)
{
    /// <summary>Largest acceptable header with its TLVs, in bytes. tailscaled sends none; a future one may send a few.</summary>
    public const int MaxLength = PrefixLength + 512;

    private const int PrefixLength = 16;
    private const int TlvHeaderLength = 3;

    /// <summary>Type-length-value fields after the addresses, verbatim; they mean nothing here.</summary>
    public ReadOnlyMemory<byte> Tlvs { get; init; }

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Reads a header from the start of <paramref name="bytes"/>; never looks beyond the header's own length.</summary>
    /// <param name="header">The header, when accepted.</param>
    /// <param name="length">Length of the header in bytes, when accepted; what follows belongs to the client.</param>
    public static ProxyProtocolStatus TryParse(ReadOnlySpan<byte> bytes, out ProxyProtocolHeader? header, out int length)
    {
        header = null;
        length = 0;

        // Refuse at the first wrong byte: a connection without a header must not wait for sixteen bytes.
        var compared = Math.Min(bytes.Length, Signature.Length);
        if (!bytes[..compared].SequenceEqual(Signature[..compared])
            || (bytes.Length > 12 && bytes[12] != 0x21)
            || (bytes.Length > 13 && bytes[13] is not (0x11 or 0x21)))
        {
            return ProxyProtocolStatus.Refused;
        }

        if (bytes.Length < PrefixLength)
        {
            return ProxyProtocolStatus.Incomplete;
        }

        var addressLength = bytes[13] == 0x11 ? 4 : 16;
        var addressesLength = (2 * addressLength) + 4;
        var bodyLength = BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (bodyLength < addressesLength || PrefixLength + bodyLength > MaxLength)
        {
            return ProxyProtocolStatus.Refused;
        }

        if (bytes.Length < PrefixLength + bodyLength)
        {
            return ProxyProtocolStatus.Incomplete;
        }

        var body = bytes.Slice(PrefixLength, bodyLength);
        var tlvs = body[addressesLength..];
        if (!AreTlvs(tlvs))
        {
            return ProxyProtocolStatus.Refused;
        }

        var ports = body[(2 * addressLength)..];
        header = new ProxyProtocolHeader(
            new IPEndPoint(new IPAddress(body[..addressLength]), BinaryPrimitives.ReadUInt16BigEndian(ports)),
            new IPEndPoint(new IPAddress(body.Slice(addressLength, addressLength)), BinaryPrimitives.ReadUInt16BigEndian(ports[2..])))
        {
            Tlvs = tlvs.ToArray(),
        };
        length = PrefixLength + bodyLength;
        return ProxyProtocolStatus.Accepted;
    }

    /// <summary>Writes the header as it goes over the wire.</summary>
    public byte[] ToBytes()
    {
        var isV4 = Source.AddressFamily == AddressFamily.InterNetwork;
        var addressLength = isV4 ? 4 : 16;
        var bodyLength = (2 * addressLength) + 4 + Tlvs.Length;
        var bytes = new byte[PrefixLength + bodyLength];
        Signature.CopyTo(bytes);
        bytes[12] = 0x21;
        bytes[13] = (byte)(isV4 ? 0x11 : 0x21);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(14), (ushort)bodyLength);
        Source.Address.TryWriteBytes(bytes.AsSpan(PrefixLength), out _);
        Destination.Address.TryWriteBytes(bytes.AsSpan(PrefixLength + addressLength), out _);
        var ports = bytes.AsSpan(PrefixLength + (2 * addressLength));
        BinaryPrimitives.WriteUInt16BigEndian(ports, (ushort)Source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(ports[2..], (ushort)Destination.Port);
        Tlvs.Span.CopyTo(ports[4..]);
        return bytes;
    }

    private static bool AreTlvs(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (bytes.Length < TlvHeaderLength
                || bytes.Length - TlvHeaderLength < BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]))
            {
                return false;
            }

            bytes = bytes[(TlvHeaderLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]))..];
        }

        return true;
    }
}

/// <summary>What the first bytes of a connection are.</summary>
internal enum ProxyProtocolStatus
{
    /// <summary>The beginning of a header that may become acceptable.</summary>
    Incomplete,

    /// <summary>A complete header.</summary>
    Accepted,

    /// <summary>Nothing that more bytes could make acceptable.</summary>
    Refused,
}
