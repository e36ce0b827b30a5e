using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FakeTailscale.Http;

/// <summary>One request on a connection of its own.</summary>
internal static class HttpCall
{
    /// <exception cref="SocketException">The server cannot be reached.</exception>
    /// <exception cref="IOException">It went away before it answered.</exception>
    public static async Task<HttpReply> SendAsync(
        EndPoint server, string method, string target, string host, byte[]? body, CancellationToken cancellation,
        params (string Name, string Value)[] headers)
    {
        Socket socket = await ConnectAsync(server, cancellation);
        try
        {
            StringBuilder head = new();
            head.Append(CultureInfo.InvariantCulture, $"{method} {target} HTTP/1.1\r\nHost: {host}\r\n");
            foreach ((string name, string value) in headers)
            {
                head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
            }

            if (body is not null)
            {
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
            }

            head.Append("Connection: close\r\n\r\n");
            ReadOnlyMemory<byte> bytes = (byte[])[.. Encoding.UTF8.GetBytes(head.ToString()), .. body ?? []];
            while (bytes.Length > 0)
            {
                bytes = bytes[await socket.SendAsync(bytes, cancellation)..];
            }

            HttpInput input = new(socket);
            string line = await input.ReadLineAsync(cancellation) ?? throw new EndOfStreamException("EOF");
            string[] parts = line.Split(' ', 3);
            HttpHeaders answered = await input.ReadHeadersAsync(cancellation);
            return new HttpReply(
                socket, input, int.Parse(parts[1], CultureInfo.InvariantCulture), parts.Length > 2 ? parts[2] : "", answered);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Socket> ConnectAsync(EndPoint server, CancellationToken cancellation)
    {
        Socket socket = server switch
        {
            UnixDomainSocketEndPoint => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
            IPEndPoint address => new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
            _ => new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
        };
        try
        {
            await socket.ConnectAsync(server, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
