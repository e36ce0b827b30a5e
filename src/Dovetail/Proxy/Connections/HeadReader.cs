using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Puts the head of an HTTP/1 request right before Kestrel reads it: a target in raw UTF-8, which Kestrel refuses and browsers encode, is
/// percent-encoded; a length with a sign or a control character, or a line without its two blanks, which Kestrel takes and the RFCs do not
/// know, is made one that it refuses. And it keeps what Kestrel forgets.
/// </summary>
internal sealed class HeadReader(PipeReader inner) : PipeReader
{
    // Longer heads are refused anyway, with the greatest limits that can be set; what follows the head in the same buffer is not looked at.
    private const int MaxLookedAt = 4 << 20;

    private Phase _phase;
    private ReadOnlySequence<byte> _read;

    // As long as their beginning: the request line as it came, and as it is shown; 0 when it is not there as a whole.
    private long _readLine;
    private long _shownLine;
    private ReadOnlySequence<byte>? _rewritten;
    private List<string>? _connection;

    private enum Phase
    {
        Line,
        Fields,
        Other,
    }

    /// <summary>
    /// What the head has said under <c>Connection</c>, if more than one word: of a list with <c>close</c> or <c>keep-alive</c> Kestrel leaves
    /// nothing but that word. Null: it has not.
    /// </summary>
    public IReadOnlyList<string>? Connection => _connection;

    /// <summary>What comes next is the head of a request.</summary>
    public void BeginHead()
    {
        _phase = Phase.Line;
        _connection = null;
    }

    /// <summary>The head has been read: what comes is content, or what a tunnel carries.</summary>
    public void EndHead() => _phase = Phase.Other;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var reading = inner.ReadAsync(cancellationToken);
        return _phase == Phase.Other ? reading
            : reading.IsCompletedSuccessfully ? ValueTask.FromResult(Shown(reading.Result))
            : WaitAsync(reading);
    }

    public override bool TryRead(out ReadResult result)
    {
        var hasRead = inner.TryRead(out result);
        if (hasRead && _phase != Phase.Other)
        {
            result = Shown(result);
        }

        return hasRead;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_phase == Phase.Line && _readLine > 0 && (_rewritten ?? _read).Slice(0, consumed).Length >= _shownLine)
        {
            _phase = Phase.Fields;
        }

        var (from, to) = (Original(consumed), Original(examined));
        _rewritten = null;
        _read = default;
        _readLine = 0;
        inner.AdvanceTo(from, to);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> WaitAsync(ValueTask<ReadResult> reading) => Shown(await reading);

    private ReadResult Shown(ReadResult result)
    {
        _read = result.Buffer;
        var looked = _read.Slice(0, Math.Min(_read.Length, MaxLookedAt));
        var bytes = looked.IsSingleSegment ? looked.FirstSpan : looked.ToArray();
        var line = bytes[..(_phase == Phase.Line ? HeadSyntax.LineLength(bytes) : 0)];
        _readLine = _shownLine = line.Length;
        var wrong = HeadSyntax.Scan(bytes[line.Length..], ref _connection);
        var isLine = line.IsEmpty || HeadSyntax.HasThreeParts(line);
        if (Ascii.IsValid(line) && isLine && wrong < 0)
        {
            return result;
        }

        var head = HeadSyntax.Encoded(line);
        var rest = _read.Slice(line.Length).ToArray();
        if (!isLine)
        {
            head[line.IndexOfAnyExcept("\r\n"u8)] = (byte)'?';
        }

        if (wrong >= 0)
        {
            rest[wrong] = (byte)'?';
        }

        _shownLine = head.Length;
        _rewritten = new ReadOnlySequence<byte>([.. head, .. rest]);
        return new ReadResult(_rewritten.Value, result.IsCanceled, result.IsCompleted);
    }

    // Kestrel consumes the request line as a whole or not at all.
    private SequencePosition Original(SequencePosition position)
    {
        if (_rewritten is not { } rewritten)
        {
            return position;
        }

        var offset = rewritten.Slice(0, position).Length;
        return offset >= _shownLine ? _read.GetPosition(offset - _shownLine + _readLine) : _read.Start;
    }
}
