using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FakeTailscale.Daemon;

namespace FakeTailscale.DataPath;

/// <summary>Takes the connections of peers and forwards them as the node's serve config says, or to 127.0.0.1.</summary>
internal sealed class UnderlayServer : IDisposable
{
    private static readonly TimeSpan HelloLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SilentDrop = TimeSpan.FromSeconds(10);

    private readonly Acceptor _acceptor = new(new IPEndPoint(IPAddress.Any, 0));
    private Backend? _backend;

    public int Port => _acceptor.Address.Port;

    public void Start(Backend backend)
    {
        _backend = backend;
        _acceptor.Start(ServeAsync);
    }

    public void Dispose() => _acceptor.Dispose();

    private async Task ServeAsync(Socket tunnel)
    {
        try
        {
            if (await ReadHelloAsync(tunnel) is { } hello)
            {
                await ForwardAsync(tunnel, hello);
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or OperationCanceledException)
        {
        }
        finally
        {
            tunnel.Dispose();
        }
    }

    private static async Task<TunnelHello?> ReadHelloAsync(Socket tunnel)
    {
        using CancellationTokenSource limit = new(HelloLimit);
        byte[] bytes = new byte[TunnelHello.Length];
        int have = 0;
        while (have < bytes.Length)
        {
            int read = await tunnel.ReceiveAsync(bytes.AsMemory(have), limit.Token);
            if (read == 0)
            {
                return null;
            }

            have += read;
        }

        return TunnelHello.Read(bytes);
    }

    private async Task ForwardAsync(Socket tunnel, TunnelHello hello)
    {
        BackendSnapshot now = _backend!.Snapshot;
        string called = hello.Destination.Address.ToString();
        if (now.NetMap is not { } map || hello.Secret != map.Secret || (called != map.Self.IPv4 && called != map.Self.IPv6))
        {
            await AnswerAsync(tunnel, TunnelAnswer.WrongNode);
            return;
        }

        if (!await WaitForTrafficAsync())
        {
            await AnswerAsync(tunnel, TunnelAnswer.Dropped);
            return;
        }

        now = _backend.Snapshot;

        if (now.Serve?.Tcp.GetValueOrDefault(hello.Destination.Port) is { TcpForward.Length: > 0 } handler)
        {
            await AnswerAsync(tunnel, TunnelAnswer.Accepted);
            await ForwardServedAsync(tunnel, hello, handler);
        }
        else
        {
            await ForwardPlainAsync(tunnel, hello.Destination.Port);
        }
    }

    /// <summary>
    /// A packet to a node that is down or shields itself is dropped: the peer sends it again and again, and gives up by itself if the node
    /// stays so.
    /// </summary>
    private async Task<bool> WaitForTrafficAsync()
    {
        using CancellationTokenSource limit = new(SilentDrop);
        try
        {
            if (_backend!.Snapshot.Prefs.ShieldsUp)
            {
                await Task.Delay(Timeout.Infinite, limit.Token);
            }

            await _backend.Gate.WaitAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task ForwardServedAsync(Socket tunnel, TunnelHello hello, TcpHandler handler)
    {
        Socket backend;
        int port;
        try
        {
            (backend, port) = await DialAsync(handler.TcpForward);
        }
        catch (SocketException failure)
        {
            DaemonLog.Line(string.Create(
                CultureInfo.InvariantCulture,
                $"localbackend: failed to TCP proxy port {hello.Destination.Port} (from {hello.Source}) to {handler.TcpForward}: dial "
                    + $"tcp {handler.TcpForward}: {Common.GoSocketError.Describe(failure.SocketErrorCode)}"));
            await TunnelPump.FinishAsync(tunnel);
            await SocketEnds.CloseAsync(tunnel);
            return;
        }

        using Socket owned = backend;
        using CancellationTokenSource over = new();
        byte[] header = ProxyHeader.Create(handler.ProxyProtocol, hello.Source, new IPEndPoint(hello.Destination.Address, port));
        await TunnelPump.SendAsync(backend, header, CancellationToken.None);

        // The end of either direction ends both: what the other still had to say is lost (recorded).
        Task<StreamEnd> toPeer = TunnelPump.ToTunnelAsync(backend, tunnel, _backend!.Gate, over.Token);
        Task<StreamEnd> fromPeer = TunnelPump.FromTunnelAsync(tunnel, backend, _backend.Gate, over.Token);
        await Task.WhenAny(toPeer, fromPeer);
        await over.CancelAsync();
        await TunnelPump.SettleAsync(tunnel, toPeer, fromPeer);
        backend.Dispose();
        await SocketEnds.CloseAsync(tunnel);
    }

    private async Task ForwardPlainAsync(Socket tunnel, int port)
    {
        using Socket backend = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await backend.ConnectAsync(IPAddress.Loopback, port);
        }
        catch (SocketException)
        {
            await AnswerAsync(tunnel, TunnelAnswer.Refused);
            return;
        }

        await AnswerAsync(tunnel, TunnelAnswer.Accepted);
        using CancellationTokenSource over = new();
        Task<StreamEnd> toPeer = TunnelPump.ToTunnelAsync(backend, tunnel, _backend!.Gate, over.Token);
        Task<StreamEnd> fromPeer = TunnelPump.FromTunnelAsync(tunnel, backend, _backend.Gate, over.Token);
        Task<StreamEnd> first = await Task.WhenAny(toPeer, fromPeer);
        if (await first != StreamEnd.Finished)
        {
            await over.CancelAsync();
        }
        else if (first == fromPeer)
        {
            SocketEnds.Finish(backend);
        }

        await TunnelPump.SettleAsync(tunnel, toPeer, fromPeer);
        SocketEnds.Finish(backend);
        await SocketEnds.CloseAsync(tunnel);
    }

    /// <summary>Connects to where a serve config forwards to.</summary>
    /// <exception cref="SocketException">Nothing answers there, or it is no host and port.</exception>
    public static async Task<(Socket Socket, int Port)> DialAsync(string target)
    {
        int colon = target.LastIndexOf(':');
        string host = colon < 0 ? target : target[..colon].Trim('[', ']');
        if (colon < 0 || !ushort.TryParse(target[(colon + 1)..], CultureInfo.InvariantCulture, out ushort port))
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        IPAddress[] addresses = IPAddress.TryParse(host, out IPAddress? address) ? [address] : await Dns.GetHostAddressesAsync(host);
        Socket socket = new(addresses[0].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(addresses[0], port));
            return (socket, port);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Task AnswerAsync(Socket tunnel, TunnelAnswer answer) =>
        TunnelPump.SendAsync(tunnel, (byte[])[(byte)answer], CancellationToken.None);
}
