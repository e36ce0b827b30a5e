using Dovetail.Common;

namespace Dovetail.Proxy.Upstreams;

/// <summary>
/// A connection on which the one request is <c>OPTIONS *</c>, about the server itself (RFC 9110, section 9.3.7). The HTTP client knows no
/// target but a path, and writes <c>OPTIONS /</c>.
/// </summary>
/// <param name="inner">Owned.</param>
internal sealed class AsteriskStream(Stream inner) : AsyncStream
{
    private static readonly byte[] Written = "OPTIONS / "u8.ToArray();
    private static readonly byte[] Meant = "OPTIONS * "u8.ToArray();

    private bool _hasBegun;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_hasBegun && buffer.Span.StartsWith(Written))
        {
            _hasBegun = true;
            await inner.WriteAsync(Meant, cancellationToken);
            buffer = buffer[Written.Length..];
        }

        await inner.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
