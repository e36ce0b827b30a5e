using System.IO.Pipelines;

namespace Dovetail.Proxy.Transport;

/// <summary>
/// A pipe's end that writes to a stream. The runtime's own writes what is left when it is completed, and the thread waits for it; here that
/// is done by <see cref="FinishAsync"/>.
/// </summary>
internal sealed class StreamOutput(Stream stream, StreamPipeWriterOptions options) : PipeWriter
{
    private readonly PipeWriter _inner = Create(stream, options);
    private Exception? _failure;

    public override bool CanGetUnflushedBytes => _inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => _inner.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _inner.GetSpan(sizeHint);

    public override void Advance(int bytes) => _inner.Advance(bytes);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        _inner.WriteAsync(source, cancellationToken);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => _inner.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => _inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => _failure ??= exception;

    /// <summary>Writes what is left, unless the writer has failed. The stream stays open if the options say so.</summary>
    public ValueTask FinishAsync() => _inner.CompleteAsync(_failure);
}
