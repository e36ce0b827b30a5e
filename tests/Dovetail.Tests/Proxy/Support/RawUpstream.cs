using System.Collections.Concurrent;
using System.Text;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>A container that reads the head of each request as it comes, and answers with given bytes; then it closes.</summary>
internal sealed class RawUpstream : IDisposable
{
    private readonly TcpServer _server;
    private readonly ConcurrentQueue<string> _heads = new();

    /// <param name="answer">Makes the answer, as it goes over the wire, from the head of the request.</param>
    public RawUpstream(Func<string, string> answer)
        : this(async (stream, head) =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(answer(head)), TestContext.Current.CancellationToken);
        })
    {
    }

    /// <param name="serve">Is given the connection after the head; the connection is closed when it ends.</param>
    public RawUpstream(Func<Stream, string, Task> serve) => _server = new TcpServer(async stream =>
    {
        var head = await ReadHeadAsync(stream);
        if (head.Length > 0)
        {
            _heads.Enqueue(head);
            await serve(stream, head);
        }
    });

    /// <summary>The heads that have come, each to its empty line.</summary>
    public IReadOnlyCollection<string> Heads => _heads;

    /// <summary>The first line of the only request there was.</summary>
    public string Line => Assert.Single(_heads).Split("\r\n")[0];

    public ServiceSpec Service => _server.Service;

    /// <summary>An answer with the head as its content.</summary>
    public static string Echo(string head) => $"HTTP/1.1 200 OK\r\nContent-Length: {head.Length}\r\nConnection: close\r\n\r\n{head}";

    public void Dispose() => _server.Dispose();

    // Byte by byte: what follows belongs to the server.
    private static async Task<string> ReadHeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var next = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(next, TestContext.Current.CancellationToken) == 0)
            {
                return "";
            }

            head.Append((char)next[0]);
        }

        return head.ToString();
    }
}
