using System.Net;
using System.Net.Sockets;
using FakeTailscale.Network;

namespace FakeTailscale.DataPath;

/// <summary>
/// Connects a client of one of the outbound proxies to names and addresses of the tailnet, and to the rest of the world directly. A failed
/// dial is one after at most 5 s.
/// </summary>
internal sealed class OutboundDialer(PeerDialer dialer)
{
    private static readonly TimeSpan DialLimit = TimeSpan.FromSeconds(5);

    /// <summary>Joins the client to where it wants, until both are done.</summary>
    /// <param name="succeeded">Tells the client, with the near end's address.</param>
    /// <param name="failed">Tells the client.</param>
    public async Task JoinAsync(Socket client, string host, int port, Func<IPEndPoint, Task> succeeded, Func<string, Task> failed)
    {
        NetworkMap? map = dialer.Backend.Snapshot.NetMap;
        bool isAddress = IPAddress.TryParse(host, out IPAddress? address);
        NodeInfo? node = isAddress ? map?.FindByAddress(address!.ToString()) : map?.FindByName(host);
        using CancellationTokenSource limit = new(DialLimit);
        if (node is null && (!isAddress || TailnetAddress.IsTailnet(address!)) && (isAddress || IsTailnetName(host, map)))
        {
            await failed($"no such node: {host}");
            return;
        }

        if (node is null)
        {
            await JoinDirectlyAsync(client, host, port, succeeded, failed, limit.Token);
            return;
        }

        PeerConnection connection;
        try
        {
            connection = await dialer.DialAsync(node, address?.AddressFamily == AddressFamily.InterNetworkV6, port, limit.Token);
        }
        catch (DialException failure)
        {
            await failed(failure.Message);
            return;
        }

        using (connection)
        {
            await succeeded(connection.Source);
            await connection.JoinAsync(client, dialer.Backend);
        }
    }

    private static async Task JoinDirectlyAsync(
        Socket client, string host, int port, Func<IPEndPoint, Task> succeeded, Func<string, Task> failed, CancellationToken cancellation)
    {
        using Socket target = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await target.ConnectAsync(host, port, cancellation);
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            await failed(failure.Message);
            return;
        }

        await succeeded((IPEndPoint)target.LocalEndPoint!);
        using NetworkStream near = new(client);
        using NetworkStream far = new(target);
        await Task.WhenAny(near.CopyToAsync(far, CancellationToken.None), far.CopyToAsync(near, CancellationToken.None));
    }

    private static bool IsTailnetName(string host, NetworkMap? map) =>
        map is not null && host.TrimEnd('.').EndsWith("." + map.Suffix, StringComparison.OrdinalIgnoreCase);
}
