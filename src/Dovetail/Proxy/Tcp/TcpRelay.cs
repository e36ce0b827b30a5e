using System.IO.Pipelines;
using System.Net.Sockets;

namespace Dovetail.Proxy.Tcp;

/// <summary>Bytes both ways between a peer and an upstream, no faster than the slower side takes them, until both have ended.</summary>
internal static class TcpRelay
{
    private const int BufferSize = 16 * 1024;

    /// <summary>Ends when both directions have ended. An end of one direction is passed on, the other goes on.</summary>
    /// <exception cref="IOException">One side broke off; the other must not see a clean end.</exception>
    public static async Task RunAsync(IDuplexPipe peer, Socket upstream, CancellationToken cancellationToken)
    {
        await using var stream = new NetworkStream(upstream, ownsSocket: false);
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var up = EndBothOnFailureAsync(UpAsync(peer.Input, stream, upstream, broken.Token), broken);
        var down = EndBothOnFailureAsync(DownAsync(stream, peer.Output, broken.Token), broken);
        await Task.WhenAll(up, down);
    }

    private static async Task UpAsync(PipeReader from, NetworkStream to, Socket upstream, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await from.ReadAsync(cancellationToken);
            foreach (var segment in result.Buffer)
            {
                await to.WriteAsync(segment, cancellationToken);
            }

            from.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        upstream.Shutdown(SocketShutdown.Send);
    }

    private static async Task DownAsync(NetworkStream from, PipeWriter to, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Wait without a buffer: an idle connection then costs none.
            _ = await from.ReadAsync(Memory<byte>.Empty, cancellationToken);
            var read = await from.ReadAsync(to.GetMemory(BufferSize), cancellationToken);
            if (read == 0)
            {
                break;
            }

            to.Advance(read);
            var flushed = await to.FlushAsync(cancellationToken);
            if (flushed.IsCompleted)
            {
                throw new IOException("The peer has closed the connection.");
            }
        }

        // The peer may read no more.
        await to.CompleteAsync().AsTask().WaitAsync(cancellationToken);
    }

    private static async Task EndBothOnFailureAsync(Task direction, CancellationTokenSource broken)
    {
        try
        {
            await direction;
        }
        catch
        {
            await broken.CancelAsync();
            throw;
        }
    }
}
