using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FakeTailscale.Daemon;

namespace FakeTailscale.DataPath;

/// <summary>
/// <c>--socks5-server</c>: CONNECT to names and addresses of the tailnet, and to the rest of the world directly. Every failed dial is a
/// general failure after at most 5 s, as in Tailscale's net/socks5.
/// </summary>
/// <exception cref="SocketException">The address cannot be listened on.</exception>
internal sealed class SocksServer(IPEndPoint address) : IDisposable
{
    private const byte Version = 5;
    private const byte Succeeded = 0;
    private const byte GeneralFailure = 1;
    private const byte CommandNotSupported = 7;

    private readonly Acceptor _acceptor = new(address);
    private OutboundDialer? _dialer;

    public IPEndPoint Address => _acceptor.Address;

    public void Start(PeerDialer dialer)
    {
        _dialer = new OutboundDialer(dialer);
        _acceptor.Start(ServeAsync);
    }

    public void Dispose() => _acceptor.Dispose();

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using Socket owned = client;
            byte[] greeting = await ReadAsync(client, 2);
            byte[] methods = await ReadAsync(client, greeting[1]);
            if (greeting[0] != Version || !methods.Contains((byte)0))
            {
                await SendAsync(client, [Version, 0xff]);
                return;
            }

            await SendAsync(client, [Version, 0]);
            byte[] request = await ReadAsync(client, 4);
            string host = await ReadHostAsync(client, request[3]);
            int port = BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(client, 2));
            if (request[1] != 1)
            {
                await ReplyAsync(client, CommandNotSupported, null);
                return;
            }

            await _dialer!.JoinAsync(
                client,
                host,
                port,
                bound => ReplyAsync(client, Succeeded, bound),
                reason =>
                {
                    DaemonLog.Line($"socks5: client connection failed: {reason}");
                    return ReplyAsync(client, GeneralFailure, null);
                });
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or EndOfStreamException)
        {
        }
    }

    private static async Task<string> ReadHostAsync(Socket client, byte type) => type switch
    {
        1 => new IPAddress(await ReadAsync(client, 4)).ToString(),
        4 => new IPAddress(await ReadAsync(client, 16)).ToString(),
        3 => Encoding.ASCII.GetString(await ReadAsync(client, (await ReadAsync(client, 1))[0])),
        _ => throw new EndOfStreamException(),
    };

    private static Task ReplyAsync(Socket client, byte code, IPEndPoint? bound)
    {
        byte[] address = bound is null
            ? [0, 0, 0, 0]
            : (bound.Address.IsIPv4MappedToIPv6 ? bound.Address.MapToIPv4() : bound.Address).GetAddressBytes();
        byte[] reply = [Version, code, 0, address.Length == 4 ? (byte)1 : (byte)4, .. address, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(reply.Length - 2), (ushort)(bound?.Port ?? 0));
        return SendAsync(client, reply);
    }

    private static async Task<byte[]> ReadAsync(Socket client, int count)
    {
        byte[] bytes = new byte[count];
        int have = 0;
        while (have < count)
        {
            int read = await client.ReceiveAsync(bytes.AsMemory(have));
            have += read > 0 ? read : throw new EndOfStreamException();
        }

        return bytes;
    }

    private static Task SendAsync(Socket client, byte[] bytes) => TunnelPump.SendAsync(client, bytes, CancellationToken.None);
}
