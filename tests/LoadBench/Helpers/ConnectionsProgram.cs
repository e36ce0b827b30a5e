using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace LoadBench.Helpers;

/// <summary>
/// <c>LoadBench connections ENDPOINT HOST PATH RESUME SECONDS</c>: TLS connections with one request each, a few at a time. Prints how many there were, how
/// many of them were resumed, and the seconds. A resumed handshake brings no certificates, so that it shows in the bytes that arrive.
/// </summary>
internal static class ConnectionsProgram
{
    public const string Name = "connections";
    public const string Result = "result ";
    private const int AtATime = 8;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var endpoint = IPEndPoint.Parse(arguments[0]);
        var host = arguments[1];
        var request = Encoding.ASCII.GetBytes($"GET {arguments[2]} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        var resume = bool.Parse(arguments[3]);
        var during = TimeSpan.FromSeconds(int.Parse(arguments[4], CultureInfo.InvariantCulture));
        // None is resumed here.
        var full = await ConnectAsync(endpoint, host, request, resume: false);

        var (connections, resumed) = (0, 0);
        var started = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, AtATime).Select(_ => Task.Run(async () =>
        {
            while (TimeProvider.System.GetElapsedTime(started) < during)
            {
                var handshake = await ConnectAsync(endpoint, host, request, resume);
                Interlocked.Increment(ref connections);
                if (handshake < full / 2)
                {
                    Interlocked.Increment(ref resumed);
                }
            }
        })));
        var took = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Result}{connections} {resumed} {took}"));
        return 0;
    }

    /// <returns>Bytes that arrived until the end of the handshake.</returns>
    /// <exception cref="InvalidOperationException">The answer is not 200.</exception>
    private static async Task<long> ConnectAsync(IPEndPoint endpoint, string host, byte[] request, bool resume)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endpoint);
        await using var counting = new CountingStream(socket);
        await using var stream = new SslStream(counting);
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = host,
            AllowTlsResume = resume,
            EnabledSslProtocols = SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = IsAny,
        });
        var handshake = counting.Arrived;
        await stream.WriteAsync(request);
        var buffer = new byte[4096];
        var first = await stream.ReadAsync(buffer);
        if (!buffer.AsSpan(0, first).StartsWith("HTTP/1.1 200"u8))
        {
            throw new InvalidOperationException($"The answer was: {Encoding.ASCII.GetString(buffer, 0, first)}");
        }

        while (await stream.ReadAsync(buffer) > 0)
        {
        }

        return handshake;
    }

    // Connections go to an address of this machine; whose certificate answers is not what is measured.
    private static bool IsAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is not null;

    private sealed class CountingStream(Socket socket) : NetworkStream(socket)
    {
        public long Arrived { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            Arrived += read;
            return read;
        }
    }
}
