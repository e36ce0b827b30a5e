using System.Net.Sockets;

namespace FakeTailscale.Http;

/// <summary>A small HTTP/1.1 server on a listening socket, which it owns.</summary>
/// <param name="listener">Bound and listening.</param>
/// <param name="handle">Answers one request; must not throw for what a client does.</param>
internal sealed class HttpServer(Socket listener, Func<HttpExchange, Task> handle) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<Socket> _open = [];
    private Task _accepting = Task.CompletedTask;
    private bool _stopped;

    public void Start() => _accepting = AcceptAsync();

    /// <summary>Stops listening. Requests under way go on.</summary>
    public void StopListening()
    {
        lock (_lock)
        {
            _stopped = true;
        }

        listener.Dispose();
    }

    /// <summary>Waits until no connection is left, at most so long.</summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) < limit)
        {
            lock (_lock)
            {
                if (_open.Count == 0)
                {
                    return;
                }
            }

            await Task.Delay(1);
        }
    }

    /// <summary>Resets every connection, as when the server's machine goes away.</summary>
    public void ResetConnections()
    {
        Socket[] open;
        lock (_lock)
        {
            open = [.. _open];
            _open.Clear();
        }

        foreach (Socket socket in open)
        {
            Reset(socket);
        }
    }

    public async ValueTask DisposeAsync()
    {
        StopListening();
        ResetConnections();
        await _accepting;
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
        }

        socket.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync();
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                lock (_lock)
                {
                    if (_stopped)
                    {
                        return;
                    }
                }

                continue;
            }

            lock (_lock)
            {
                if (!_stopped)
                {
                    _open.Add(socket);
                    _ = Task.Run(() => ServeAsync(socket));
                    continue;
                }
            }

            Reset(socket);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            HttpInput input = new(socket);
            bool more = true;
            while (more && await ReadRequestAsync(input) is { } request)
            {
                HttpExchange exchange = new(request, socket);
                try
                {
                    await handle(exchange);
                    more = !exchange.Close;
                }
                finally
                {
                    await exchange.FinishAsync();
                }
            }

            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or IOException or OperationCanceledException)
        {
        }
        finally
        {
            socket.Dispose();
            lock (_lock)
            {
                _open.Remove(socket);
            }
        }
    }

    private static async Task<HttpRequest?> ReadRequestAsync(HttpInput input)
    {
        string? line = await input.ReadLineAsync(CancellationToken.None);
        string[] parts = line?.Split(' ') ?? [];
        if (parts.Length != 3)
        {
            return null;
        }

        HttpHeaders headers = await input.ReadHeadersAsync(CancellationToken.None);
        byte[] body = await input.ReadBodyAsync(headers, untilClose: false, CancellationToken.None);
        return new HttpRequest(parts[0], parts[1], headers, body);
    }
}
