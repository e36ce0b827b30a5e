using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// The application of a container in the host's network, served by the test on 127.0.0.1 so that it sees every byte. It answers each
/// request with an empty 200 unless it is told otherwise, and an upgrade with a WebSocket that ends at once.
/// </summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<RawRequest> _requests = [];

    private readonly X509Certificate2? _certificate;
    private int _held;

    /// <param name="certificate">Null: it speaks no TLS.</param>
    public RawUpstream(X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener.Start(512);
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Makes an answer as it goes over the wire, after which the connection is closed; null: the empty 200.</summary>
    public Func<RawRequest, string?> Answer { get; set; } = static _ => null;

    /// <summary>Whether the connection is kept after such an answer, in silence, until the other side ends it.</summary>
    public bool HoldsAfterAnswer { get; set; }

    /// <summary>How many connections are kept so.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>Every request that came in whole.</summary>
    public IReadOnlyCollection<RawRequest> Requests => _requests;

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var plain = new NetworkStream(socket, ownsSocket: true);
        await using var tls = _certificate is null ? null : new SslStream(plain);
        Stream stream = tls is null ? plain : tls;
        try
        {
            if (tls is not null)
            {
                await tls.AuthenticateAsServerAsync(_certificate!);
            }

            var received = new ReceivedText(stream);
            while (await received.TakeThroughAsync("\r\n\r\n") is { } head)
            {
                var request = new RawRequest(head, "");
                request = request with { Body = await BodyAsync(request, received) };
                _requests.Enqueue(request);
                if (request.Value("Sec-WebSocket-Key") is { } key)
                {
#pragma warning disable CA5350 // RFC 6455 section 4.2.2 wants SHA-1; nothing rests on it.
                    var accept = Convert.ToBase64String(
                        SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(
                        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
                            + $"{accept}\r\n\r\n"));
                    return;
                }

                if (Answer(request) is { } answer)
                {
                    await stream.WriteAsync(Encoding.Latin1.GetBytes(answer));
                    await HoldAsync(stream);
                    return;
                }

                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            }
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // The other side ended, or does not trust the certificate.
        }
    }

    private async Task HoldAsync(Stream stream)
    {
        if (!HoldsAfterAnswer)
        {
            return;
        }

        Interlocked.Increment(ref _held);
        try
        {
            while (await stream.ReadAsync(new byte[1]) > 0)
            {
            }
        }
        finally
        {
            Interlocked.Decrement(ref _held);
        }
    }

    private static async Task<string> BodyAsync(RawRequest request, ReceivedText received)
    {
        if (request.Value("Content-Length") is { } length)
        {
            return await received.TakeAsync(int.Parse(length, CultureInfo.InvariantCulture));
        }

        if (request.Value("Transfer-Encoding") is null)
        {
            return "";
        }

        // Chunks up to the empty one, then what trailers there are (RFC 9112 section 7.1).
        var body = new StringBuilder();
        while (true)
        {
            var size = await received.TakeThroughAsync("\r\n") ?? throw new EndOfStreamException();
            body.Append(size);
            if (int.Parse(size.TrimEnd().Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var chunk)
            {
                body.Append(await received.TakeAsync(chunk + 2));
                continue;
            }

            string? line;
            do
            {
                line = await received.TakeThroughAsync("\r\n");
                body.Append(line);
            }
            while (line is not ("\r\n" or null));

            return body.ToString();
        }
    }
}
