using System.Net.Sockets;
using System.Text;

namespace Dovetail.EndToEndTests.StandIn;

/// <summary>An answer of the LocalAPI, byte for byte.</summary>
internal sealed record RawReply(string StatusLine, IReadOnlyList<string> HeaderNames, string Head, string Body)
{
    public int Status => int.Parse(StatusLine.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    public string Header(string name) =>
        Head.Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.OrdinalIgnoreCase))?[(name.Length + 2)..] ?? "";

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

        string text = Encoding.UTF8.GetString(all.ToArray());
        int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        string head = text[..end];
        string body = text[(end + 4)..];
        string[] lines = head.Split("\r\n");
        return new RawReply(
            lines[0], [.. lines.Skip(1).Select(static line => line.Split(':')[0])], head, head.Contains("Transfer-Encoding: chunked", StringComparison.Ordinal) ? Unchunk(body) : body);
    }

    private static string Unchunk(string body)
    {
        // Sizes count bytes; the documents here are ASCII.
        StringBuilder text = new();
        while (body.Length > 0)
        {
            int line = body.IndexOf("\r\n", StringComparison.Ordinal);
            int size = Convert.ToInt32(body[..line], 16);
            text.Append(body.AsSpan(line + 2, size));
            body = body[Math.Min(body.Length, line + 2 + size + 2)..];
        }

        return text.ToString();
    }
}
