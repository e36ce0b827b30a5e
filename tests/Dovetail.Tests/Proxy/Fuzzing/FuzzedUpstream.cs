using System.Collections.Concurrent;
using System.Text;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>A container that keeps its connections, reads by the narrowest grammar, and answers as it is told.</summary>
internal sealed class FuzzedUpstream : IDisposable
{
    private readonly TcpServer _server;
    private readonly ConcurrentQueue<ReceivedRequest> _received = new();
    private readonly ConcurrentQueue<string> _unreadable = new();

    public FuzzedUpstream() => _server = new TcpServer(ServeAsync);

    /// <summary>Makes the answer to a request, and says whether the connection is closed after it.</summary>
    public Func<ReceivedRequest, (byte[] Bytes, bool Close)> Answer { get; set; } =
        static request => (Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nX-Arrived: 1\r\nContent-Length: 2\r\n\r\n{(request.Method == "HEAD" ? "" : "ok")}"), false);

    /// <summary>What came that could be misread, with the reason; null: nothing.</summary>
    public string? Unreadable => _unreadable.FirstOrDefault();

    public ServiceSpec Service => _server.Service;

    /// <summary>The next that has come; null: there is none.</summary>
    public ReceivedRequest? Take() => _received.TryDequeue(out var request) ? request : null;

    /// <summary>Begins anew after a failure.</summary>
    public void Forget()
    {
        _received.Clear();
        _unreadable.Clear();
    }

    public void Dispose() => _server.Dispose();

    private async Task ServeAsync(Stream stream)
    {
        var pending = "";
        var isExpected = false;
        var buffer = new byte[64 * 1024];
        while (await stream.ReadAsync(buffer) is var read and > 0)
        {
            pending += Encoding.Latin1.GetString(buffer, 0, read);
            try
            {
                while (ReceivedRequest.Read(pending, out var length) is { } request)
                {
                    pending = pending[length..];
                    isExpected = false;
                    _received.Enqueue(request);
                    var (bytes, close) = Answer(request);
                    await stream.WriteAsync(bytes);
                    if (close)
                    {
                        return;
                    }
                }
            }
            catch (FormatException e)
            {
                _unreadable.Enqueue($"{e.Message}\n{pending}");
                return;
            }

            if (!isExpected && pending.Contains("\r\n\r\n", StringComparison.Ordinal)
                && pending.Contains("\r\nExpect: 100-continue\r\n", StringComparison.OrdinalIgnoreCase))
            {
                isExpected = true;
                await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray());
            }
        }
    }
}
