using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FakeTailscale.DataPath;

/// <summary>
/// <c>--outbound-http-proxy-listen</c>: CONNECT as Tailscale's cmd/tailscaled/proxy.go answers it. Requests with an absolute URL, which
/// that forwards too, are refused here: no test sends one.
/// </summary>
/// <exception cref="SocketException">The address cannot be listened on.</exception>
internal sealed class HttpProxyServer(IPEndPoint address) : IDisposable
{
    private const int LongestHead = 16 << 10;

    private readonly Acceptor _acceptor = new(address);
    private OutboundDialer? _dialer;

    public void Start(PeerDialer dialer)
    {
        _dialer = new OutboundDialer(dialer);
        _acceptor.Start(ServeAsync);
    }

    public void Dispose() => _acceptor.Dispose();

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using Socket owned = client;
            string[] words = (await ReadHeadAsync(client)).Split('\r')[0].Split(' ');
            if (words is not ["CONNECT", var target, _] || target.LastIndexOf(':') is not (> 0 and var colon)
                || !ushort.TryParse(target.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            {
                await AnswerAsync(client, "HTTP/1.1 400 Bad Request", "", "bogus RequestURI; must be absolute URL or CONNECT\n");
                return;
            }

            await _dialer!.JoinAsync(
                client,
                target[..colon].Trim('[', ']'),
                port,
                _ => SendAsync(client, "HTTP/1.1 200 OK\r\n\r\n"),
                reason => AnswerAsync(
                    client, "HTTP/1.1 500 Internal Server Error", $"Tailscale-Connect-Error: {reason}\r\n", reason + "\n"));
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or EndOfStreamException)
        {
        }
    }

    private static Task AnswerAsync(Socket client, string status, string headers, string body) => SendAsync(
        client,
        $"{status}\r\n{headers}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {body.Length}\r\n"
            + $"Connection: close\r\n\r\n{body}");

    private static Task SendAsync(Socket client, string text) =>
        TunnelPump.SendAsync(client, Encoding.ASCII.GetBytes(text), CancellationToken.None);

    // Byte by byte: what follows the head belongs to the tunnel.
    private static async Task<string> ReadHeadAsync(Socket client)
    {
        StringBuilder head = new();
        byte[] one = new byte[1];
        while (head.Length < LongestHead)
        {
            if (await client.ReceiveAsync(one.AsMemory()) == 0)
            {
                throw new EndOfStreamException();
            }

            head.Append((char)one[0]);
            if (one[0] == '\n' && head.Length >= 4 && head[^2] == '\r' && head[^3] == '\n')
            {
                return head.ToString();
            }
        }

        throw new EndOfStreamException();
    }
}
