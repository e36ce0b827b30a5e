using System.Net.Sockets;
using System.Text;

namespace FakeTailscale.Tests;

/// <summary>An answer of the LocalAPI, byte for byte.</summary>
internal sealed record RawReply(string StatusLine, IReadOnlyList<string> HeaderNames, string Head, string Body)
{
    public int Status => int.Parse(StatusLine.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    public string Header(string name) =>
        Head.Split("\r\n")
            .FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))?[(name.Length + 2)..] ?? "";

    /// <param name="socket">Path of the socket.</param>
    /// <param name="request">Everything to send.</param>
    public static async Task<RawReply> ExchangeAsync(string socket, string request, TimeSpan limit)
    {
        using CancellationTokenSource deadline = new(limit);
        using Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), deadline.Token);
        await connection.SendAsync(Encoding.UTF8.GetBytes(request), deadline.Token);
        MemoryStream all = new();
        byte[] buffer = new byte[16384];
        while (await connection.ReceiveAsync(buffer.AsMemory(), deadline.Token) is var read && read > 0)
        {
            all.Write(buffer, 0, read);
        }

        byte[] bytes = all.ToArray();
        int end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        string head = Encoding.UTF8.GetString(bytes.AsSpan(0, end));
        byte[] body = bytes[(end + 4)..];
        string[] lines = head.Split("\r\n");
        byte[] whole = head.Contains("Transfer-Encoding: chunked", StringComparison.Ordinal) ? Unchunk(body) : body;
        return new RawReply(lines[0], [.. lines.Skip(1).Select(static line => line.Split(':')[0])], head, Encoding.UTF8.GetString(whole));
    }

    private static byte[] Unchunk(ReadOnlySpan<byte> body)
    {
        MemoryStream whole = new();
        while (body.Length > 0)
        {
            int line = body.IndexOf("\r\n"u8);
            int size = Convert.ToInt32(Encoding.ASCII.GetString(body[..line]), 16);
            whole.Write(body.Slice(line + 2, size));
            body = body[Math.Min(body.Length, line + 2 + size + 2)..];
        }

        return whole.ToArray();
    }
}
