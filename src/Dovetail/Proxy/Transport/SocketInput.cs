using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Dovetail.Proxy.Transport;

/// <summary>Receives until the client has sent all or the connection is closed, so that its end shows though nobody reads.</summary>
internal sealed class SocketInput(Socket socket, Traffic traffic)
{
    private const int SmallestRead = 4 * 1024;
    private const int LargestRead = 64 * 1024;

    // What is received ahead of the reader. With the kernel's own buffer as much again.
    private const int Ahead = 4 * LargestRead;

    private readonly Pipe _pipe = new(new PipeOptions(
        readerScheduler: traffic,
        writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: Ahead,
        resumeWriterThreshold: Ahead / 2,
        minimumSegmentSize: SmallestRead,
        useSynchronizationContext: false));

    private Turn _turn;

    public PipeReader Reader => _pipe.Reader;

    /// <param name="reason">Why the connection was closed on this side; null while it was not.</param>
    public async Task ReceiveAsync(Func<Exception?> reason)
    {
        Exception? failure = null;
        try
        {
            await ReceiveToEndAsync();
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.TimedOut)
        {
            failure = new ConnectionResetException(e.Message, e);
        }
        catch (Exception e)
        {
            // Whatever it is: the connection must be seen to end.
            failure = e;
        }
        finally
        {
            await _pipe.Writer.CompleteAsync(reason() ?? failure);
        }
    }

    /// <summary>Gives up, even while nothing more is received until the reader goes on. The socket is closed.</summary>
    public void Stop() => _pipe.Writer.CancelPendingFlush();

    private async Task ReceiveToEndAsync()
    {
        var size = SmallestRead;
        var isMore = false;
        while (true)
        {
            if (!isMore)
            {
                // An idle connection holds no memory.
                var waiting = socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
                _turn.Begin(isNew: !waiting.IsCompleted);
                await waiting;
            }

            var memory = _pipe.Writer.GetMemory(size);
            var receiving = socket.ReceiveAsync(memory, SocketFlags.None);
            _turn.Begin(isNew: !receiving.IsCompleted);
            var received = await receiving;
            if (received == 0)
            {
                return;
            }

            // As much as one that sends much sends at once, and little for all others.
            isMore = received == memory.Length;
            size = isMore ? Math.Min(size * 2, LargestRead) : received < size / 4 ? Math.Max(size / 2, SmallestRead) : size;
            if (received < SocketStream.Large)
            {
                traffic.Count();
            }

            _pipe.Writer.Advance(received);
            var result = await _pipe.Writer.FlushAsync();
            if (result.IsCompleted || result.IsCanceled)
            {
                return;
            }

            if (_turn.IsOver(received))
            {
                await Task.Yield();
            }
        }
    }
}
