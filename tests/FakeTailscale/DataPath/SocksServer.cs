using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FakeTailscale.Daemon;
using FakeTailscale.Network;

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

    private static readonly TimeSpan DialLimit = TimeSpan.FromSeconds(5);

    private readonly Acceptor _acceptor = new(address);
    private PeerDialer? _dialer;

    public IPEndPoint Address => _acceptor.Address;

    public void Start(PeerDialer dialer)
    {
        _dialer = dialer;
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

            await ConnectAsync(client, host, port);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or EndOfStreamException)
        {
        }
    }

    private async Task ConnectAsync(Socket client, string host, int port)
    {
        NetworkMap? map = _dialer!.Backend.Snapshot.NetMap;
        bool isAddress = IPAddress.TryParse(host, out IPAddress? address);
        NodeInfo? node = isAddress ? map?.FindByAddress(address!.ToString()) : map?.FindByName(host);
        using CancellationTokenSource limit = new(DialLimit);
        if (node is null && (!isAddress || TailnetAddress.IsTailnet(address!)) && (isAddress || IsTailnetName(host, map)))
        {
            await ReplyAsync(client, GeneralFailure, null);
            return;
        }

        if (node is null)
        {
            await ConnectDirectlyAsync(client, host, port, limit.Token);
            return;
        }

        PeerConnection connection;
        try
        {
            connection = await _dialer.DialAsync(node, address?.AddressFamily == AddressFamily.InterNetworkV6, port, limit.Token);
        }
        catch (DialException failure)
        {
            DaemonLog.Line($"socks5: client connection failed: {failure.Message}");
            await ReplyAsync(client, GeneralFailure, null);
            return;
        }

        using (connection)
        {
            await ReplyAsync(client, Succeeded, connection.Source);
            await connection.JoinAsync(client, _dialer.Backend);
        }
    }

    private static async Task ConnectDirectlyAsync(Socket client, string host, int port, CancellationToken cancellation)
    {
        using Socket target = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await target.ConnectAsync(host, port, cancellation);
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            await ReplyAsync(client, GeneralFailure, null);
            return;
        }

        await ReplyAsync(client, Succeeded, (IPEndPoint)target.LocalEndPoint!);
        using NetworkStream near = new(client);
        using NetworkStream far = new(target);
        await Task.WhenAny(near.CopyToAsync(far, CancellationToken.None), far.CopyToAsync(near, CancellationToken.None));
    }

    private static bool IsTailnetName(string host, NetworkMap? map) =>
        map is not null && host.TrimEnd('.').EndsWith("." + map.Suffix, StringComparison.OrdinalIgnoreCase);

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
