using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FakeTailscale.Common;
using FakeTailscale.Daemon;

namespace FakeTailscale.DataPath;

/// <summary>
/// A way in for load generators, which speak neither SOCKS5 nor the stand-in's tunnel (<see cref="Knobs.Door"/>): every plain TCP connection
/// to it is taken for one of a peer to port 443 of this node, and forwarded by the serve config with as little work as possible. Not a
/// behaviour of the real daemon.
/// </summary>
internal sealed class Door : IDisposable
{
    /// <summary>In the state directory: the address to connect to.</summary>
    public const string FileName = "door";

    private const int ServedPort = 443;

    private readonly Acceptor _acceptor;
    private readonly IPAddress _peer;
    private readonly Backend _backend;

    private Door(IPAddress address, IPAddress peer, Backend backend)
    {
        _acceptor = new Acceptor(new IPEndPoint(address, 0));
        _peer = peer;
        _backend = backend;
        _acceptor.Start(ServeAsync);
    }

    /// <summary>Opens the door that the environment asks for and writes down where it is; null when it asks for none.</summary>
    /// <exception cref="FormatException">The variable does not hold two addresses.</exception>
    public static Door? Open(Backend backend, string stateDirectory)
    {
        if (Knobs.Door.Split(' ') is not [var address, var peer])
        {
            return null;
        }

        Door door = new(IPAddress.Parse(address), IPAddress.Parse(peer), backend);
        string path = Path.Combine(stateDirectory, FileName);
        File.WriteAllText(path + ".new", door._acceptor.Address.ToString());
        File.Move(path + ".new", path, overwrite: true);
        return door;
    }

    public void Dispose() => _acceptor.Dispose();

    private async Task ServeAsync(Socket client)
    {
        using Socket owned = client;
        if (_backend.Snapshot is not { CarriesTraffic: true, NetMap: { } map, Serve: { } serve }
            || serve.Tcp.GetValueOrDefault(ServedPort) is not { TcpForward.Length: > 0 } handler)
        {
            return;
        }

        try
        {
            (Socket backend, int port) = await UnderlayServer.DialAsync(handler.TcpForward);
            using Socket ownedBackend = backend;
            IPEndPoint source = new(_peer, ((IPEndPoint)client.RemoteEndPoint!).Port);
            byte[] header = ProxyHeader.Create(handler.ProxyProtocol, source, new IPEndPoint(IPAddress.Parse(map.Self.IPv4), port));
            await TunnelPump.SendAsync(backend, header, CancellationToken.None);

            await PlainPump.JoinAsync(client, backend);
        }
        catch (SocketException failure)
        {
            DaemonLog.Line(string.Create(
                CultureInfo.InvariantCulture, $"door: {handler.TcpForward}: {GoSocketError.Describe(failure.SocketErrorCode)}"));
        }
    }
}
