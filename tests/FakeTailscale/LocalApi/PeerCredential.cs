using System.Buffers.Binary;
using System.Net.Sockets;

namespace FakeTailscale.LocalApi;

/// <summary>Who is at the other end of a unix socket, as the kernel says (SO_PEERCRED).</summary>
internal readonly record struct PeerCredential(int Process, uint User)
{
    private const int SocketLevel = 1;
    private const int PeerCredentialOption = 17;

    public static PeerCredential Of(Socket socket)
    {
        Span<byte> credential = stackalloc byte[12];
        socket.GetRawSocketOption(SocketLevel, PeerCredentialOption, credential);
        return new(BinaryPrimitives.ReadInt32LittleEndian(credential), BinaryPrimitives.ReadUInt32LittleEndian(credential[4..]));
    }
}
