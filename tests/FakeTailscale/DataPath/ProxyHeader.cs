using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FakeTailscale.DataPath;

/// <summary>The PROXY protocol header of a served port, byte for byte as recorded: no TLVs.</summary>
internal static class ProxyHeader
{
    private static ReadOnlySpan<byte> Signature => [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

    /// <param name="version">1 or 2; anything else writes nothing.</param>
    /// <param name="source">The peer's tailnet address and port.</param>
    /// <param name="destination">The node's tailnet address with the port of the BACKEND.</param>
    public static byte[] Create(int version, IPEndPoint source, IPEndPoint destination) => version switch
    {
        1 => Text(source, destination),
        2 => Binary(source, destination),
        _ => [],
    };

    private static byte[] Text(IPEndPoint source, IPEndPoint destination)
    {
        string family = source.AddressFamily == AddressFamily.InterNetwork ? "TCP4" : "TCP6";
        return Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"PROXY {family} {source.Address} {destination.Address} {source.Port} {destination.Port}\r\n"));
    }

    private static byte[] Binary(IPEndPoint source, IPEndPoint destination)
    {
        byte[] from = source.Address.GetAddressBytes();
        byte[] to = destination.Address.GetAddressBytes();
        byte[] header = new byte[16 + from.Length + to.Length + 4];
        Signature.CopyTo(header);
        header[12] = 0x21;
        header[13] = from.Length == 4 ? (byte)0x11 : (byte)0x21;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), (ushort)(from.Length + to.Length + 4));
        from.CopyTo(header, 16);
        to.CopyTo(header, 16 + from.Length);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(header.Length - 4), (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(header.Length - 2), (ushort)destination.Port);
        return header;
    }
}
