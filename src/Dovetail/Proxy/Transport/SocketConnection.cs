using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Dovetail.Proxy.Transport;

/// <summary>
/// An accepted connection, for Kestrel. What is written goes from the writer's memory to the socket on the writer's own thread; what arrives
/// is handed to its reader on the thread that the kernel woke. Kestrel's own has a pipe and two changes of threads in each direction.
/// </summary>
internal sealed class SocketConnection : DefaultConnectionContext, IConnectionSocketFeature, IMemoryPoolFeature
{
    private static long _count;

    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SocketInput _input;
    private readonly SocketStream _stream;
    private readonly StreamOutput _output;
    private readonly Task _receiving;
    private Exception? _reason;

    private SocketConnection(Socket socket, Traffic traffic)
        : base(Interlocked.Increment(ref _count).ToString("x", CultureInfo.InvariantCulture))
    {
        Socket = socket;
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        _input = new SocketInput(socket, traffic);
        _stream = new SocketStream(socket, traffic, Abort);
        _output = new StreamOutput(_stream, new StreamPipeWriterOptions(leaveOpen: true), () => Reason is not null, EndAsync, _stream);
        Transport = new DuplexPipe(_input.Reader, _output);
        Features.Set<IConnectionSocketFeature>(this);
        Features.Set<IMemoryPoolFeature>(this);
        Features.Set(_stream);
        _receiving = ReceiveAsync();
    }

    public Socket Socket { get; }

    private Exception? Reason => Volatile.Read(ref _reason);

    public MemoryPool<byte> MemoryPool => BlockPool.Instance;

    /// <param name="accepted">Owned.</param>
    /// <exception cref="SocketException">The client has gone again.</exception>
    public static SocketConnection Start(Socket accepted, Traffic traffic)
    {
        try
        {
            accepted.NoDelay = true;
            return new SocketConnection(accepted, traffic);
        }
        catch
        {
            accepted.Dispose();
            throw;
        }
    }

    /// <summary>Closes the socket at once. The client sees a reset, so that it does not take what it has for the whole.</summary>
    public override void Abort(ConnectionAbortedException abortReason) => Close(abortReason);

    /// <summary>Sends what is left, and closes the socket. To be called when nothing reads or writes any more.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _input.Reader.CompleteAsync();
        await _output.FinishAsync();
        await _stream.DrainAsync();
        Close(null);
        await _receiving;
        _closed.Dispose();
        await base.DisposeAsync();
    }

    private async Task ReceiveAsync()
    {
        await _input.ReceiveAsync(() => Reason);

        // Whoever listens must not hold up the thread that woke this one; and all of them are told before the connection is disposed of.
        ThreadPool.UnsafeQueueUserWorkItem(
            static connection =>
            {
                try
                {
                    connection._closed.Cancel();
                }
                catch (AggregateException)
                {
                    // Of one that listens. All the others have been told, and no other connection is to suffer for it.
                }

                connection._told.SetResult();
            },
            this,
            preferLocal: false);
        await _told.Task;
    }

    // One direction only: the client may send on.
    private async Task EndAsync()
    {
        await _stream.DrainAsync();
        try
        {
            Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client was faster.
        }
    }

    /// <param name="reason">Null: it has come to its end.</param>
    private void Close(ConnectionAbortedException? reason)
    {
        if (Interlocked.CompareExchange(ref _reason, reason ?? new ConnectionAbortedException("The connection has ended."), null) is not null)
        {
            return;
        }

        if (reason is not null)
        {
            // It may wait for a reader that waits for something else. Not on this thread, which may hold locks of that reader.
            ThreadPool.UnsafeQueueUserWorkItem(static input => input.Stop(), _input, preferLocal: false);
            Socket.Close(timeout: 0);
            return;
        }

        try
        {
            Socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client was faster.
        }

        Socket.Dispose();
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
