using System.Net.Sockets;

namespace FakeTailscale.DataPath;

/// <summary>Joins two ordinary connections with as few calls of the kernel as can be: the relay of measurements.</summary>
internal static class PlainPump
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Copies both ways until either side ends or breaks, which ends both, as a served port does. Leaves both sockets closed.</summary>
    public static async Task JoinAsync(Socket client, Socket backend)
    {
        using Socket ownedClient = client;
        using Socket ownedBackend = backend;
        await Task.WhenAny(CopyAsync(client, backend), CopyAsync(backend, client));
        SocketEnds.Finish(backend);
        await SocketEnds.CloseAsync(client);
    }

    private static async Task CopyAsync(Socket source, Socket target)
    {
        // Held as long as the connection lasts: to give it back while it is silent would cost two calls of the kernel more per request.
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        try
        {
            int read;
            while ((read = await source.ReceiveAsync(buffer.AsMemory())) > 0)
            {
                await TunnelPump.SendAsync(target, buffer.AsMemory(0, read), CancellationToken.None);
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The other direction ends with it.
        }
    }
}
