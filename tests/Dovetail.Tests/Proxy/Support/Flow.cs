using System.Security.Cryptography;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>
/// Bytes that are known at both ends of a way. The sending end is never more than <see cref="Lead"/> ahead of the receiving one: a way
/// that keeps more than that to itself stands still for ever.
/// </summary>
internal sealed class Flow(long length) : SourceStream
{
    /// <summary>In bytes; what sockets and pipes hold back for a while is less.</summary>
    public const int Lead = 16 * BlockSize;

    private const int BlockSize = 64 * 1024;

    private readonly SemaphoreSlim _free = new(Lead / BlockSize);
    private readonly Random _random = new(1);
    private readonly IncrementalHash _sent = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _left = length;
    private long _received;
    private long _released;

    /// <summary>Sends the next block once there is room.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = (int)Math.Min(_left, Math.Min(buffer.Length, BlockSize));
        if (count > 0)
        {
            await _free.WaitAsync(cancellationToken);
            _left -= count;
            _random.NextBytes(buffer.Span[..count]);
            _sent.AppendData(buffer.Span[..count]);
        }

        return count;
    }

    /// <summary>Reads the other end to its end; gives how many bytes came and whether they are those that were sent.</summary>
    public async Task<(long Length, bool IsSame)> ReceiveAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BlockSize];
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            hash.AppendData(buffer, 0, count);
            _received += count;
            while (_released < _received / BlockSize)
            {
                _released++;
                _free.Release();
            }
        }

        return (_received, hash.GetCurrentHash().AsSpan().SequenceEqual(_sent.GetCurrentHash()));
    }
}
