using System.Net;
using System.Net.Sockets;
using FakeTailscale.Common;
using FakeTailscale.Daemon;
using FakeTailscale.Network;

namespace FakeTailscale.DataPath;

/// <summary>An established connection to a port of a peer.</summary>
/// <param name="tunnel">To the peer's daemon; owned.</param>
/// <param name="source">This node's address and port of the connection.</param>
/// <param name="node">The peer as it was when the connection began.</param>
internal sealed class PeerConnection(Socket tunnel, IPEndPoint source, NodeInfo node) : IDisposable
{
    private static readonly TimeSpan RestartCheck = TimeSpan.FromMilliseconds(100);

    public IPEndPoint Source => source;

    /// <summary>Joins a client's socket to the peer until both are done. Leaves the client's socket closed.</summary>
    public async Task JoinAsync(Socket client, Backend backend)
    {
        using CancellationTokenSource over = new();
        Task<StreamEnd> toPeer = TunnelPump.ToTunnelAsync(client, tunnel, backend.Gate, over.Token);
        Task<StreamEnd> fromPeer = TunnelPump.FromTunnelAsync(tunnel, client, backend.Gate, over.Token);
        Task<StreamEnd> first = await Task.WhenAny(toPeer, fromPeer);
        StreamEnd end = await first;
        if (first == fromPeer && end == StreamEnd.Finished)
        {
            SocketEnds.Finish(client);
            await WaitForEitherAsync(toPeer);
        }
        else if (first == toPeer && end is StreamEnd.Finished or StreamEnd.Unwanted)
        {
            // Unwanted: the tunnel broke while it was written to. What it had said before tells whether that was an end or a death.
            end = await fromPeer;
        }

        await over.CancelAsync();
        await TunnelPump.SettleAsync(tunnel, toPeer, fromPeer);
        if (end == StreamEnd.Lost)
        {
            await HangAsync(client, backend);
        }
        else
        {
            await SocketEnds.CloseAsync(client);
        }
    }

    public void Dispose() => tunnel.Dispose();

    /// <summary>After the peer's FIN: until the client is done, or the peer closes its side of the tunnel as well.</summary>
    private async Task WaitForEitherAsync(Task<StreamEnd> toPeer)
    {
        byte[] one = new byte[1];
        using CancellationTokenSource over = new();
        Task closed = tunnel.ReceiveAsync(one.AsMemory(), over.Token).AsTask();
        await Task.WhenAny(toPeer, closed);
        await over.CancelAsync();
        try
        {
            await closed;
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
        }
    }

    /// <summary>
    /// The peer's daemon died: nobody tells the client (recorded). What it sends goes nowhere; when a new daemon of that node is there, it
    /// answers the retransmission of such data with RST.
    /// </summary>
    private async Task HangAsync(Socket client, Backend backend)
    {
        using CancellationTokenSource over = new();
        if (Knobs.DeadPeerStall > TimeSpan.Zero)
        {
            over.CancelAfter(Knobs.DeadPeerStall);
        }

        byte[] sink = new byte[4096];
        try
        {
            while (await client.ReceiveAsync(sink.AsMemory(), over.Token) > 0)
            {
                _ = ResetOnRestartAsync(backend, over);
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or OperationCanceledException)
        {
        }

        await over.CancelAsync();
        SocketEnds.Reset(client);
    }

    private async Task ResetOnRestartAsync(Backend backend, CancellationTokenSource over)
    {
        try
        {
            while (true)
            {
                await Task.Delay(RestartCheck, over.Token);
                NodeInfo? now = backend.Snapshot.NetMap?.Nodes.FirstOrDefault(peer => peer.Id == node.Id);
                if (now is { Online: true } && now.Instance != node.Instance)
                {
                    await over.CancelAsync();
                    return;
                }
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
        {
        }
    }
}
