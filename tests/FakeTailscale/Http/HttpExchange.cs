using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace FakeTailscale.Http;

/// <summary>One request and the way its answer is written: the head in the order in which Go's server writes it.</summary>
internal sealed class HttpExchange(HttpRequest request, Socket socket)
{
    // Go's server counts the body of a short answer and sends a longer one in chunks.
    private const int LongestCounted = 2048;

    private CancellationTokenSource? _watch;
    private Task _watching = Task.CompletedTask;

    public HttpRequest Request => request;

    public Socket Socket => socket;

    /// <summary>Set when the connection cannot take another request.</summary>
    public bool Close { get; set; } = string.Equals(request.Headers.Find("Connection"), "close", StringComparison.OrdinalIgnoreCase);

    /// <summary>Fires when the client goes away while the answer is being made.</summary>
    public CancellationToken WatchForDisconnect()
    {
        if (_watch is null)
        {
            CancellationTokenSource gone = new();
            _watch = gone;
            _watching = WatchAsync(gone);
        }

        return _watch.Token;
    }

    public async Task SendAsync(int status, HttpHeaders headers, byte[] body, HttpHeaders? trailing = null)
    {
        bool hasBody = status != 204;
        bool chunked = hasBody && body.Length > LongestCounted;
        bool head = request.Method == "HEAD";
        StringBuilder text = StartHead(status, headers);
        if (hasBody && !chunked && !head)
        {
            text.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        }

        Append(text, trailing);
        if (Close)
        {
            text.Append("Connection: close\r\n");
        }

        if (chunked && !head)
        {
            text.Append("Transfer-Encoding: chunked\r\n");
        }

        text.Append("\r\n");
        byte[] start = Encoding.UTF8.GetBytes(text.ToString());
        byte[] rest = head || !hasBody ? [] : chunked ? [.. Chunk(body), .. "0\r\n\r\n"u8] : body;
        await SendRawAsync((byte[])[.. start, .. rest]);
    }

    /// <summary>Sends the head of an answer of unknown length.</summary>
    public Task StartStreamAsync(HttpHeaders headers)
    {
        Close = true;
        StringBuilder text = StartHead(200, headers);
        text.Append("Transfer-Encoding: chunked\r\n\r\n");
        return SendRawAsync(Encoding.UTF8.GetBytes(text.ToString()));
    }

    public Task SendChunkAsync(byte[] body) => SendRawAsync(Chunk(body));

    public Task EndStreamAsync() => SendRawAsync("0\r\n\r\n"u8.ToArray());

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int sent = await socket.SendAsync(bytes);
            bytes = bytes[sent..];
        }
    }

    /// <summary>Ends the watch, so that the connection can be read again.</summary>
    public async Task FinishAsync()
    {
        if (_watch is { } watch)
        {
            await watch.CancelAsync();
            await _watching;
            watch.Dispose();
        }
    }

    private static byte[] Chunk(byte[] body)
    {
        byte[] size = Encoding.ASCII.GetBytes(body.Length.ToString("x", CultureInfo.InvariantCulture));
        return [.. size, .. "\r\n"u8, .. body, .. "\r\n"u8];
    }

    private static StringBuilder StartHead(int status, HttpHeaders headers)
    {
        StringBuilder text = new(512);
        text.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {HttpStatus.Reason(status)}\r\n");
        Append(text, headers);
        text.Append(CultureInfo.InvariantCulture, $"Date: {TimeProvider.System.GetUtcNow():R}\r\n");
        return text;
    }

    private static void Append(StringBuilder text, HttpHeaders? headers)
    {
        foreach ((string name, string value) in headers?.Fields ?? [])
        {
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        }
    }

    private async Task WatchAsync(CancellationTokenSource gone)
    {
        try
        {
            byte[] one = new byte[1];
            if (await socket.ReceiveAsync(one, SocketFlags.Peek, gone.Token) == 0)
            {
                await gone.CancelAsync();
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            await gone.CancelAsync();
        }
    }
}
