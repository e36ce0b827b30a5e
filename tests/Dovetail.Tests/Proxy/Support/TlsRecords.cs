using System.Buffers.Binary;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>A connection below TLS that notes how long the records are that come in (RFC 8446, section 5.1).</summary>
internal sealed class TlsRecords(Stream stream) : SourceStream
{
    private readonly byte[] _header = new byte[5];
    private int _inHeader;
    private int _left;

    /// <summary>The longest so far, in bytes.</summary>
    public int Longest { get; private set; }

    public override bool CanWrite => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await stream.ReadAsync(buffer, cancellationToken);
        for (var bytes = buffer[..read]; bytes.Length > 0;)
        {
            if (_left == 0)
            {
                _header[_inHeader++] = bytes.Span[0];
                bytes = bytes[1..];
                if (_inHeader == _header.Length)
                {
                    _inHeader = 0;
                    _left = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(3));
                    Longest = Math.Max(Longest, _left);
                }

                continue;
            }

            var skip = Math.Min(_left, bytes.Length);
            _left -= skip;
            bytes = bytes[skip..];
        }

        return read;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        stream.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => stream.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        stream.Dispose();
        base.Dispose(disposing);
    }
}
