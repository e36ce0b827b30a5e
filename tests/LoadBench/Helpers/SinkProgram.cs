using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LoadBench.Helpers;

/// <summary>
/// <c>LoadBench sink</c>: an application that takes bodies of known length on port 80, throws them away and answers 200 when it has all. As
/// little work as can be, for what it takes is taken from what is measured.
/// </summary>
internal static class SinkProgram
{
    public const string Name = "sink";
    private const int Port = 80;
    private const int BufferSize = 256 * 1024;
    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n\r\nok\n"u8.ToArray();
    private static readonly byte[] Refusal = "HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray();

    public static async Task<int> RunAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Any, Port));
        listener.Listen(1024);
        while (true)
        {
            _ = ServeAsync(await listener.AcceptAsync());
        }
    }

    private static async Task ServeAsync(Socket socket)
    {
        using var owned = socket;
        socket.NoDelay = true;
        var buffer = new byte[BufferSize];
        try
        {
            while (await TakeAsync(socket, buffer) is { } whole)
            {
                await socket.SendAsync(whole ? Answer : Refusal);
                if (!whole)
                {
                    return;
                }
            }
        }
        catch (SocketException)
        {
            // The client is gone.
        }
    }

    /// <returns>True: a request with its whole body; false: one whose length is not known; null: the client has ended.</returns>
    private static async Task<bool?> TakeAsync(Socket socket, byte[] buffer)
    {
        var have = 0;
        int end;
        while ((end = buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8)) < 0)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(have));
            if (read == 0)
            {
                return null;
            }

            have += read;
        }

        if (LengthIn(Encoding.ASCII.GetString(buffer, 0, end)) is not { } length)
        {
            return false;
        }

        for (var left = length - (have - end - 4); left > 0;)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)));
            if (read == 0)
            {
                return null;
            }

            left -= read;
        }

        return true;
    }

    private static long? LengthIn(string head)
    {
        const string name = "content-length:";
        var line = head.Split("\r\n").FirstOrDefault(line => line.StartsWith(name, StringComparison.OrdinalIgnoreCase));
        return line is null
            ? head.Contains("transfer-encoding", StringComparison.OrdinalIgnoreCase) ? null : 0
            : long.Parse(line[name.Length..], CultureInfo.InvariantCulture);
    }
}
