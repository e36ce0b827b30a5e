using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Dovetail.Proxy.Transport;

/// <summary>
/// A pipe's end that writes to a stream. The runtime's own writes what is left when it is completed, and the thread waits for it; here that
/// is done by <see cref="FinishAsync"/>.
/// </summary>
/// <param name="isBroken">Whether what is written is lost: writers are then told to stop. Null: the stream fails in that case.</param>
/// <param name="ended">Tells the other side that all has been written. Null: the stream's owner does.</param>
/// <param name="socket">Where the stream writes in the end: what one flush brings is sent as one. Null: each write on its own.</param>
internal sealed class StreamOutput(
    Stream stream,
    StreamPipeWriterOptions options,
    Func<bool>? isBroken = null,
    Func<Task>? ended = null,
    SocketStream? socket = null) : PipeWriter
{
    private readonly PipeWriter _inner = Create(stream, options);
    private Exception? _failure;

    public override bool CanGetUnflushedBytes => _inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => _inner.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _inner.GetSpan(sizeHint);

    public override void Advance(int bytes) => _inner.Advance(bytes);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        Told(_inner.WriteAsync(source, cancellationToken));

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        socket is not null && UnflushedBytes > options.MinimumBufferSize
            ? FlushAsOneAsync(socket, cancellationToken)
            : Told(_inner.FlushAsync(cancellationToken));

    public override void CancelPendingFlush() => _inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => _failure ??= exception;

    /// <summary>Writes what is left, and tells the other side that this was all.</summary>
    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        Complete(exception);
        await FinishAsync();
        if (_failure is null && ended is not null)
        {
            await ended();
        }
    }

    /// <summary>Writes what is left, unless the writer has failed. The stream stays open if the options say so.</summary>
    public ValueTask FinishAsync() => _inner.CompleteAsync(_failure);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FlushResult> FlushAsOneAsync(SocketStream held, CancellationToken cancellationToken)
    {
        held.Hold();
        FlushResult result;
        try
        {
            result = await _inner.FlushAsync(cancellationToken);
        }
        finally
        {
            // A client that does not read must not hold up a writer that gives up.
            await held.ReleaseAsync().WaitAsync(cancellationToken);
        }

        return Told(result);
    }

    private ValueTask<FlushResult> Told(ValueTask<FlushResult> flushing) =>
        flushing.IsCompletedSuccessfully ? ValueTask.FromResult(Told(flushing.Result)) : WaitAsync(flushing);

    private async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flushing) => Told(await flushing);

    private FlushResult Told(FlushResult result) =>
        isBroken?.Invoke() == true ? new FlushResult(result.IsCanceled, isCompleted: true) : result;
}
