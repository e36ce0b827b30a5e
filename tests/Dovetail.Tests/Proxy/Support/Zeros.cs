namespace Dovetail.Tests.Proxy.Support;

/// <summary>So many zero bytes.</summary>
internal sealed class Zeros(long length, Action onRead) : SourceStream
{
    private long _left = length;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        onRead();
        var count = (int)Math.Min(_left, buffer.Length);
        _left -= count;
        return new ValueTask<int>(count);
    }
}
