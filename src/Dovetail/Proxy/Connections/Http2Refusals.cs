using System.Buffers.Binary;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Finds in the frames that Kestrel writes what it refuses over HTTP/2 before it becomes a request (RFC 9113, section 8.1.1): it resets the
/// stream, ends the connection, or answers without content, and tells nobody. A connection feature.
/// </summary>
/// <param name="refused">Is told the status of each.</param>
internal sealed class Http2Refusals(PipeWriter inner, Action<int> refused) : PipeWriter
{
    // RFC 9113, sections 4.1, 6 and 7.
    private const int HeadLength = 9;
    private const int MostPayload = 8;
    private const byte EndStream = 1;
    private const byte Headers = 1;
    private const byte Reset = 3;
    private const byte GoAway = 7;
    private const uint NoError = 0;
    private const uint ProtocolError = 1;
    private const uint InternalError = 2;

    // More than Kestrel keeps at a time. One that lasts gives its place to a later one; Kestrel resets it with the error that is looked for
    // only when its client breaks the protocol.
    private const int MostServed = 256;

    // As Kestrel writes it: a literal with the name of the static table (RFC 7541, section 6.2.2).
    private static ReadOnlySpan<byte> TooLarge => "\b\u0003431"u8;

    private readonly int[] _served = new int[MostServed];

    // The head of a frame, and what of its payload is looked at.
    private readonly byte[] _frame = new byte[HeadLength + MostPayload];
    private Memory<byte> _memory;
    private int _has;
    private int _wants = HeadLength;
    private int _skips;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    /// <summary>A step of a connection of HTTP/2.</summary>
    public static async Task UseAsync(ConnectionContext connection, Action<int> refused, ConnectionDelegate next)
    {
        var original = connection.Transport;
        var refusals = new Http2Refusals(original.Output, refused);
        connection.Transport = new Transport(original.Input, refusals);
        connection.Features.Set(refusals);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = original;
        }
    }

    /// <summary>What is written for this stream from now on belongs to a request.</summary>
    public void Begin(int stream) => Volatile.Write(ref PlaceOf(stream), stream);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _memory = inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        Look(_memory.Span[..bytes]);
        _memory = _memory[bytes..];
        inner.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

    private void Look(ReadOnlySpan<byte> written)
    {
        while (!written.IsEmpty)
        {
            if (_skips > 0)
            {
                var skipped = Math.Min(_skips, written.Length);
                _skips -= skipped;
                written = written[skipped..];
                continue;
            }

            var taken = Math.Min(_wants - _has, written.Length);
            written[..taken].CopyTo(_frame.AsSpan(_has));
            _has += taken;
            written = written[taken..];
            if (_has == _wants)
            {
                EndPart();
            }
        }
    }

    // The head has been read, or head and payload.
    private void EndPart()
    {
        var length = (int)(BinaryPrimitives.ReadUInt32BigEndian(_frame) >> 8);
        var isLookedAt = _frame[3] is Reset or GoAway || (_frame[3] == Headers && (_frame[4] & EndStream) != 0);
        if (isLookedAt && _wants == HeadLength && length > 0)
        {
            _wants = HeadLength + Math.Min(length, MostPayload);
            return;
        }

        if (isLookedAt)
        {
            Judge();
        }

        _skips = length - (_wants - HeadLength);
        (_has, _wants) = (0, HeadLength);
    }

    private void Judge()
    {
        if (_frame[3] == GoAway)
        {
            if (ErrorCode(4) is not (NoError or InternalError))
            {
                refused(StatusCodes.Status400BadRequest);
            }

            return;
        }

        var stream = BinaryPrimitives.ReadInt32BigEndian(_frame.AsSpan(5));
        if (Volatile.Read(ref PlaceOf(stream)) == stream)
        {
            return;
        }

        // Of what does not become a request Kestrel answers only header sections above a limit.
        if (_frame[3] == Headers ? _frame.AsSpan(HeadLength).StartsWith(TooLarge) : ErrorCode(0) == ProtocolError)
        {
            refused(_frame[3] == Headers ? StatusCodes.Status431RequestHeaderFieldsTooLarge : StatusCodes.Status400BadRequest);
        }
    }

    // Clients give their streams odd numbers.
    private ref int PlaceOf(int stream) => ref _served[(stream >> 1) % MostServed];

    private uint ErrorCode(int at) => BinaryPrimitives.ReadUInt32BigEndian(_frame.AsSpan(HeadLength + at));

    private sealed record Transport(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
