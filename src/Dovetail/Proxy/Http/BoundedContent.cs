using System.Net;
using Dovetail.Common;

namespace Dovetail.Proxy.Http;

/// <summary>The beginning of a content whose end the HTTP client does not find.</summary>
internal sealed class BoundedContent : HttpContent
{
    private readonly HttpContent _content;
    private readonly long _length;

    /// <param name="content">Owned.</param>
    /// <param name="length">In bytes.</param>
    public BoundedContent(HttpContent content, long length)
    {
        _content = content;
        _length = length;
        foreach (var (name, values) in content.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override async Task<Stream> CreateContentReadStreamAsync() => new Bounded(await _content.ReadAsStreamAsync(), _length);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
        }

        base.Dispose(disposing);
    }

    private sealed class Bounded(Stream inner, long left) : AsyncStream
    {
        private long _left = left;

        public override bool CanWrite => false;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left == 0)
            {
                return 0;
            }

            var read = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
            _left -= read;
            return read;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
