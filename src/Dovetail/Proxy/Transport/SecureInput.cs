using System.IO.Pipelines;

namespace Dovetail.Proxy.Transport;

/// <summary>
/// Decrypts what a client sends, and hands on as many records at once as have come. An upload comes in records of 16 KB: handed on one by
/// one, each would wake the application.
/// </summary>
internal sealed class SecureInput : IAsyncDisposable
{
    private const int Most = 64 * 1024;
    private const int SmallestRead = 4 * 1024;

    private readonly Stream _stream;
    private readonly CancellationTokenSource _disposing = new();
    private readonly Task _reading;

    // What is decrypted ahead of the reader is at most twice what is handed on at once.
    private readonly Pipe _pipe = new(new PipeOptions(
        BlockPool.Instance,
        readerScheduler: PipeScheduler.Inline,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: Most,
        resumeWriterThreshold: Most / 2,
        minimumSegmentSize: SecureTransport.RecordSize,
        useSynchronizationContext: false));

    /// <summary>Begins to read.</summary>
    /// <param name="stream">Not read by anybody else, and open until this has been disposed of.</param>
    public SecureInput(Stream stream)
    {
        _stream = stream;
        _reading = ReadAsync();
    }

    public PipeReader Reader => _pipe.Reader;

    /// <summary>To be called when nobody reads any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _pipe.Reader.CompleteAsync();
        await _disposing.CancelAsync();
        await _reading;
        _disposing.Dispose();
    }

    private async Task ReadAsync()
    {
        Exception? failure = null;
        try
        {
            await ReadToEndAsync();
        }
        catch (OperationCanceledException) when (_disposing.IsCancellationRequested)
        {
            // Nobody reads.
        }
        catch (Exception e)
        {
            // Whatever it is, it is the reader's.
            failure = e;
        }

        await _pipe.Writer.CompleteAsync(failure);
    }

    private async Task ReadToEndAsync()
    {
        var gathered = 0;
        var isRead = true;
        await WaitAsync();
        while (isRead)
        {
            var read = await _stream.ReadAsync(_pipe.Writer.GetMemory(SmallestRead), _disposing.Token);
            if (read == 0)
            {
                return;
            }

            _pipe.Writer.Advance(read);
            gathered += read;
            var more = WaitAsync();
            if (!more.IsCompleted || gathered >= Most)
            {
                gathered = 0;
                isRead = !(await _pipe.Writer.FlushAsync()).IsCompleted;
            }

            await more;
        }
    }

    // An idle connection holds no buffer; and what waits here is no memory of the pipe's, which the next flush may take away.
    private ValueTask<int> WaitAsync() => _stream.ReadAsync(Memory<byte>.Empty, _disposing.Token);
}
