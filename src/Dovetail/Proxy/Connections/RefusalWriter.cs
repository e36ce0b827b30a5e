using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Puts an answer with a reason in the place of Kestrel's own refusals over HTTP/1, which have no content. What Kestrel writes while no
/// request is served is one.
/// </summary>
/// <param name="refusal">Makes the answer, head and content, from the status.</param>
internal sealed class RefusalWriter(PipeWriter inner, Func<int, byte[]> refusal) : PipeWriter
{
    private const int StatusStart = 9;

    private readonly ArrayBufferWriter<byte> _refusal = new();

    /// <summary>Whether what is written belongs to a request.</summary>
    public bool IsServing { get; set; }

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => IsServing ? inner.GetMemory(sizeHint) : _refusal.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => IsServing ? inner.GetSpan(sizeHint) : _refusal.GetSpan(sizeHint);

    public override void Advance(int bytes)
    {
        if (IsServing)
        {
            inner.Advance(bytes);
        }
        else
        {
            _refusal.Advance(bytes);
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Replace();
        return inner.FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        Replace();
        inner.Complete(exception);
    }

    private void Replace()
    {
        if (_refusal.WrittenCount == 0)
        {
            return;
        }

        // "HTTP/1.1 400 Bad Request".
        var written = _refusal.WrittenSpan;
        inner.Write(
            written.StartsWith("HTTP/1."u8) && Utf8Parser.TryParse(written[StatusStart..], out int status, out _) ? refusal(status) : written);
        _refusal.ResetWrittenCount();
    }
}
