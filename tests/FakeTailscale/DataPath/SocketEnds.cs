using System.Net.Sockets;

namespace FakeTailscale.DataPath;

/// <summary>Ways to end a socket that do not fail when it has ended already.</summary>
internal static class SocketEnds
{
    // Long enough for what is under way to arrive, short enough not to keep a dead connection.
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    /// <summary>Sends FIN; the other direction goes on.</summary>
    public static void Finish(Socket socket) => Try(() => socket.Shutdown(SocketShutdown.Send));

    /// <summary>Sends RST.</summary>
    public static void Reset(Socket socket)
    {
        Try(() => socket.LingerState = new LingerOption(true, 0));
        socket.Dispose();
    }

    /// <summary>
    /// Sends FIN and closes. Unread input would turn the close into an RST that overtakes data already written, so it is read away first,
    /// up to the other side's end or a short time.
    /// </summary>
    public static async Task CloseAsync(Socket socket)
    {
        Finish(socket);
        using CancellationTokenSource limit = new(Linger);
        byte[] sink = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(sink.AsMemory(), limit.Token) > 0)
            {
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or OperationCanceledException)
        {
        }

        socket.Dispose();
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
        }
    }
}
