using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Dovetail.Testing;

/// <summary>A request as it came.</summary>
/// <param name="Target">Path and query.</param>
/// <param name="Head">All header lines.</param>
public sealed record ReceivedRequest(string Target, string Head, string Body);

/// <summary>A small HTTP server that keeps what it is sent, and answers as a test says.</summary>
public sealed class HttpReceiver : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _run;

    /// <param name="certificate">It speaks TLS with it; null: plain HTTP.</param>
    public HttpReceiver(IPAddress? address = null, int port = 0, X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener = new TcpListener(address ?? IPAddress.Loopback, port);
        _listener.Start();
        _run = Task.Run(RunAsync);
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    public ConcurrentQueue<ReceivedRequest> Requests { get; } = new();

    /// <summary>Status, and header lines such as <c>Retry-After: 1</c>; of the request with that number, from 1.</summary>
    public Func<int, (int Status, string Headers)> Answer { get; set; } = _ => (200, "");

    public async ValueTask DisposeAsync()
    {
        if (!_stopping.IsCancellationRequested)
        {
            await _stopping.CancelAsync();
            _listener.Stop();
            await _run;
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync(_stopping.Token));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var plain = new NetworkStream(socket, ownsSocket: true);
            await using var stream = _certificate is null ? (Stream)plain : new SslStream(plain);
            if (stream is SslStream secure)
            {
                await secure.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stopping.Token);
            }

            while (await ReadAsync(stream) is { } request)
            {
                Requests.Enqueue(request);
                var (status, headers) = Answer(Requests.Count);
                var lines = headers.Length == 0 ? "" : headers + "\r\n";
                await stream.WriteAsync(
                    Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\n{lines}Content-Length: 0\r\n\r\n"), _stopping.Token);
            }
        }
        catch (Exception end) when (end is IOException or OperationCanceledException or AuthenticationException)
        {
            // The client's affair.
        }
    }

    private async Task<ReceivedRequest?> ReadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stopping.Token) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        var lines = head.ToString().Split("\r\n");
        var length = lines.FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) is { } said
            ? int.Parse(said.Split(':')[1], CultureInfo.InvariantCulture)
            : 0;
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, _stopping.Token);
        return new ReceivedRequest(lines[0].Split(' ')[1], head.ToString(), Encoding.UTF8.GetString(body));
    }
}
