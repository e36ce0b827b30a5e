using Dovetail.Common;

namespace Dovetail.Proxy.Http;

/// <summary>Counts what is read of a request's body.</summary>
internal sealed class CountingRequestBody(Stream inner) : ReadOnlyStream
{
    private long _bytes;

    /// <summary>Read so far.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        Interlocked.Add(ref _bytes, read);
        return read;
    }
}
