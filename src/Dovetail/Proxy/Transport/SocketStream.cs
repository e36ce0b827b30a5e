using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Dovetail.Common;
using Microsoft.AspNetCore.Connections;

namespace Dovetail.Proxy.Transport;

/// <summary>
/// Sends what one writer writes. Kestrel expects no failure of a write: one that fails ends the connection, and what is written after that
/// is lost.
/// </summary>
internal sealed class SocketStream(Socket socket, Traffic traffic, Action<ConnectionAbortedException> abort)
    : WriteOnlyStream
{
    /// <summary>Pieces of so many bytes are collected only when they are held.</summary>
    public const int Large = 8 * 1024;

    private const int SmallestCollection = 4 * 1024;

    // Four records of TLS, which is what one flush brings at most.
    private const int MostCollected = 65 * 1024;

    private readonly Lock _lock = new();
    private readonly SendQueue _queue = traffic.NextQueue();
    private Turn _turn;
    private byte[]? _collected;
    private int _count;
    private TaskCompletionSource? _idle;
    private bool _isSending;
    private bool _isHeld;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var isSmall = buffer.Length < Large;
        if (isSmall)
        {
            traffic.Count();
        }

        lock (_lock)
        {
            if (_isSending && _count + buffer.Length > MostCollected)
            {
                _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return WaitAsync(_idle.Task, buffer, cancellationToken);
            }

            if (_isHeld && !_isSending && _count > 0 && _count + buffer.Length > MostCollected)
            {
                return AfterHeldAsync(buffer, cancellationToken);
            }

            if (_isSending || (_isHeld && buffer.Length <= MostCollected) || (isSmall && traffic.IsMuch))
            {
                Collect(buffer.Span);
                return ValueTask.CompletedTask;
            }
        }

        return SendAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// What is written from now to <see cref="ReleaseAsync"/> is sent as one, so that the other end is woken once. Only by the one who writes.
    /// </summary>
    public void Hold() => _isHeld = true;

    /// <summary>
    /// Sends what was held; ends when the kernel has it, or the writer may go on. Who does not wait for that may go on too: what was written
    /// is sent all the same.
    /// </summary>
    public Task ReleaseAsync()
    {
        lock (_lock)
        {
            _isHeld = false;
            if (_isSending || _collected is null)
            {
                return Task.CompletedTask;
            }

            _isSending = true;
        }

        return SendCollectedAsync();
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    /// <summary>Ends when the kernel has all that was written.</summary>
    public Task DrainAsync()
    {
        lock (_lock)
        {
            return _isSending
                ? (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        }
    }

    /// <summary>Its turn in the queue has come.</summary>
    public void SendCollected() => _ = SendCollectedAsync();

    private void Collect(ReadOnlySpan<byte> bytes)
    {
        var length = _count + bytes.Length;
        if (_collected is null || _collected.Length < length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, _isHeld ? MostCollected : SmallestCollection));
            if (_collected is not null)
            {
                _collected.AsSpan(0, _count).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_collected);
            }

            _collected = larger;
        }

        bytes.CopyTo(_collected.AsSpan(_count));
        _count = length;
        if (!_isSending && !_isHeld)
        {
            _isSending = true;
            _queue.Add(this);
        }
    }

    private async Task SendCollectedAsync()
    {
        while (true)
        {
            byte[] collected;
            int count;
            lock (_lock)
            {
                if (_collected is null)
                {
                    _isSending = false;
                    _idle?.SetResult();
                    _idle = null;
                    return;
                }

                (collected, count) = (_collected, _count);
                (_collected, _count) = (null, 0);
            }

            await SendAsync(collected.AsMemory(0, count), CancellationToken.None);
            ArrayPool<byte>.Shared.Return(collected);
        }
    }

    private async ValueTask AfterHeldAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await ReleaseAsync().WaitAsync(cancellationToken);
        Hold();
        await WriteAsync(buffer, cancellationToken);
    }

    private async ValueTask WaitAsync(Task idle, ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await idle.WaitAsync(cancellationToken);
        await WriteAsync(buffer, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            while (!buffer.IsEmpty)
            {
                var sending = socket.SendAsync(buffer, SocketFlags.None, cancellationToken);
                _turn.Begin(isNew: !sending.IsCompleted);
                var sent = await sending;
                buffer = buffer[sent..];
                if (_turn.IsOver(sent))
                {
                    await Task.Yield();
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            abort(new ConnectionAbortedException("The client is gone.", e));
        }
    }
}
