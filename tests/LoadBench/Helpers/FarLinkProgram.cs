using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FakeTailscale.DataPath;

namespace LoadBench.Helpers;

/// <summary>
/// <c>LoadBench far-link DELAY_MS LOSS TARGET…</c>: two network namespaces joined by packets that take their time, of which some are lost.
/// Clients run in the one; in the other a relay listens, one port for each target, and connects to the target at once. So TCP between a
/// client and the relay is the kernel's own from end to end, slow start, retransmission and windows included, as between a distant client
/// and its tailscaled. Prints where the clients belong and where the relay listens, and goes on until its standard input ends.
/// </summary>
internal static class FarLinkProgram
{
    public const string Name = "far-link";
    public const string NamespaceMark = "namespace ";
    public const string EndpointMark = "endpoint ";
    public const string Ready = "ready";

    private const string ClientAddress = "10.66.0.1";
    private const string RelayAddress = "10.66.0.2";
    private const int PrefixLength = 24;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var delay = TimeSpan.FromMilliseconds(double.Parse(arguments[0], CultureInfo.InvariantCulture));
        var loss = double.Parse(arguments[1], CultureInfo.InvariantCulture);
        var targets = arguments[2..].Select(IPEndPoint.Parse).ToList();
        var outside = new SocketMaker();

        using var clients = await NetworkNamespace.EnterAsync($"{ClientAddress}/{PrefixLength}", static () => 0);
        using var relay = await NetworkNamespace.EnterAsync(
            $"{RelayAddress}/{PrefixLength}", () => targets.ConvertAll(_ => Listen()));
        using var there = new DelayedPackets(clients.Device, relay.Device, delay, loss, seed: 1);
        using var back = new DelayedPackets(relay.Device, clients.Device, delay, loss, seed: 2);
        Console.WriteLine(NamespaceMark + clients.Path);
        foreach (var (listener, target) in relay.Made.Zip(targets))
        {
            _ = AcceptAsync(listener, target, outside);
            Console.WriteLine($"{EndpointMark}{target} {listener.LocalEndPoint}");
        }

        Console.WriteLine(Ready);
        await Console.In.ReadToEndAsync();
        return 0;
    }

    private static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse(RelayAddress), 0));
        listener.Listen(1024);
        return listener;
    }

    private static async Task AcceptAsync(Socket listener, IPEndPoint target, SocketMaker outside)
    {
        while (true)
        {
            var client = await listener.AcceptAsync();
            client.NoDelay = true;
            _ = JoinAsync(client, await outside.MakeAsync(), target);
        }
    }

    private static async Task JoinAsync(Socket client, Socket backend, IPEndPoint target)
    {
        try
        {
            await backend.ConnectAsync(target);
            await PlainPump.JoinAsync(client, backend);
        }
        catch (SocketException failure)
        {
            await Console.Error.WriteLineAsync($"{target}: {failure.Message}");
            client.Dispose();
            backend.Dispose();
        }
    }
}
