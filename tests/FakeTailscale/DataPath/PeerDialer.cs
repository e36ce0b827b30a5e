using System.Net;
using System.Net.Sockets;
using FakeTailscale.Daemon;
using FakeTailscale.Network;

namespace FakeTailscale.DataPath;

/// <summary>Opens connections to peers of the tailnet, as userspace networking does for its SOCKS5 server.</summary>
internal sealed class PeerDialer(Backend backend)
{
    private int _port = Random.Shared.Next(32768, 60000);

    public Backend Backend => backend;

    /// <summary>Keeps trying to reach the node, as a SYN is sent again and again, until cancelled.</summary>
    /// <exception cref="DialException">The node refuses, or did not answer in time.</exception>
    public async Task<PeerConnection> DialAsync(NodeInfo node, bool version6, int port, CancellationToken cancellation)
    {
        if (backend.Snapshot is not { CarriesTraffic: true, NetMap: { } map })
        {
            throw new DialException("tailscale is not running");
        }

        TimeSpan pause = TimeSpan.FromMilliseconds(50);
        int sourcePort = 32768 + (Interlocked.Increment(ref _port) & 0x6fff);
        IPEndPoint source = new(IPAddress.Parse(version6 ? map.Self.IPv6 : map.Self.IPv4), sourcePort);
        IPEndPoint destination = new(IPAddress.Parse(version6 ? node.IPv6 : node.IPv4), port);
        byte[] hello = new TunnelHello(map.Secret, source, destination).ToBytes();
        while (true)
        {
            NodeInfo now = backend.Snapshot.NetMap?.Nodes.FirstOrDefault(peer => peer.Id == node.Id) ?? node;
            foreach (string endpoint in now.Endpoints)
            {
                Socket tunnel = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                TunnelAnswer answer = await TryAsync(tunnel, endpoint, hello, cancellation);
                if (answer == TunnelAnswer.Accepted)
                {
                    return new PeerConnection(tunnel, source, now);
                }

                tunnel.Dispose();
                if (answer == TunnelAnswer.Refused)
                {
                    throw new DialException($"connect tcp {destination}: connection was refused");
                }
            }

            await PauseAsync(pause, cancellation);
        }
    }

    private static async Task PauseAsync(TimeSpan time, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(time, cancellation);
        }
        catch (OperationCanceledException)
        {
            throw new DialException("i/o timeout");
        }
    }

    private static async Task<TunnelAnswer> TryAsync(Socket tunnel, string endpoint, byte[] hello, CancellationToken cancellation)
    {
        try
        {
            await tunnel.ConnectAsync(IPEndPoint.Parse(endpoint), cancellation);
            await TunnelPump.SendAsync(tunnel, hello, cancellation);
            byte[] answer = new byte[1];
            return await tunnel.ReceiveAsync(answer.AsMemory(), cancellation) == 1 ? (TunnelAnswer)answer[0] : TunnelAnswer.WrongNode;
        }
        catch (SocketException)
        {
            return TunnelAnswer.WrongNode;
        }
        catch (OperationCanceledException)
        {
            tunnel.Dispose();
            throw new DialException("i/o timeout");
        }
    }
}

/// <summary>A peer cannot be reached.</summary>
internal sealed class DialException : Exception
{
    public DialException()
    {
    }

    public DialException(string message)
        : base(message)
    {
    }

    public DialException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
