using System.Net.Sockets;

namespace FakeTailscale.Http;

/// <summary>An answer whose head has been read; the body is read by whoever wants it.</summary>
internal sealed class HttpReply(Socket socket, HttpInput input, int status, string reason, HttpHeaders headers) : IDisposable
{
    public int Status => status;

    /// <summary>Status and reason as Go prints them: <c>500 Internal Server Error</c>.</summary>
    public string StatusLine => $"{status} {reason}";

    public HttpHeaders Headers => headers;

    public ValueTask<byte[]> ReadBodyAsync(CancellationToken cancellation) =>
        status == 204 ? ValueTask.FromResult<byte[]>([]) : input.ReadBodyAsync(headers, untilClose: true, cancellation);

    /// <summary>The next chunk; empty at the clean end; null when the connection broke.</summary>
    public ValueTask<byte[]?> ReadChunkAsync(CancellationToken cancellation) => input.ReadChunkAsync(cancellation);

    public void Dispose() => socket.Dispose();
}
